// The caller's key: kept for this tab only, and gone when the tab is closed.

const NAME = "lineament-key";

export class Session {
  get key() {
    return sessionStorage.getItem(NAME);
  }

  keep(key) {
    sessionStorage.setItem(NAME, key);
  }

  forget() {
    sessionStorage.removeItem(NAME);
  }
}

// Exchanges the one-time code of the printed link for the key; null if the code is not valid.
export async function exchangeCode(code) {
  const response = await fetch("/console/code", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code }),
  });
  return response.ok ? (await response.json()).key : null;
}
