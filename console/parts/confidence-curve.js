// What a confidence means: the curve from score to confidence, with one value on it.

import { h, svg } from "../dom.js";

const WIDTH = 320;
const HEIGHT = 170;
const MARGIN = { left: 34, right: 8, top: 8, bottom: 30 };

// `scale` is the answer of GET /lineament/v1/confidence.
export function confidenceCurve(scale, confidence) {
  const meaning = inWords(scale, confidence);
  return h("figure", { class: "curve" }, drawing(scale, confidence, meaning), h("figcaption", {}, meaning));
}

// The meaning of a confidence, by the measured rates.
export function inWords(scale, confidence) {
  const needed = `${number(scale.threshold)} is needed`;
  const others = scale.ratesOf === "pairs" ? "pairs of two different people" : "strangers";
  const reached = scale.rates.filter((rate) => rate.confidence <= confidence).pop();
  if (reached === undefined) {
    return `The confidence is ${number(confidence)}; ${needed}.`;
  }
  return `The confidence is ${number(confidence)}; ${needed}. Of ${others}, ${share(reached.share)}`
    + ` reach ${number(reached.confidence)}.`;
}

function share(value) {
  return `1 in ${Math.round(1 / value).toLocaleString("en")}`;
}

function number(value) {
  return value.toFixed(2);
}

function drawing(scale, confidence, meaning) {
  const place = placing(scale.curve);
  const points = scale.curve.map((point) => place(point.score, point.confidence));
  const [x, y] = place(scoreOf(scale.curve, confidence), confidence);
  const [left, line] = place(scale.curve[0].score, scale.threshold);
  const title = scale.score === "cosine" ? "cosine" : "normalised score";
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": meaning },
    axes(scale.curve, title),
    svg("path", { class: "threshold", d: `M${left} ${line}H${WIDTH - MARGIN.right}` }),
    svg("path", { class: "line", d: `M${points.map((point) => point.join(" ")).join("L")}` }),
    svg("path", { class: "drop", d: `M${left} ${y}H${x}V${HEIGHT - MARGIN.bottom}` }),
    svg("circle", { cx: x, cy: y, r: 5 }));
}

function placing(curve) {
  const [first, last] = [curve[0].score, curve.at(-1).score];
  const width = WIDTH - MARGIN.left - MARGIN.right;
  const height = HEIGHT - MARGIN.top - MARGIN.bottom;
  return (score, confidence) => [
    round(MARGIN.left + ((score - first) / (last - first)) * width),
    round(MARGIN.top + (1 - confidence) * height),
  ];
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function axes(curve, title) {
  const [bottom, right] = [HEIGHT - MARGIN.bottom, WIDTH - MARGIN.right];
  const label = (x, y, anchor, text) => svg("text", { x, y, "text-anchor": anchor }, text);
  return [
    svg("path", { class: "axis", d: `M${MARGIN.left} ${MARGIN.top}V${bottom}H${right}` }),
    label(MARGIN.left - 5, MARGIN.top + 8, "end", "1"),
    label(MARGIN.left - 5, (MARGIN.top + bottom) / 2 + 4, "end", "0.5"),
    label(MARGIN.left - 5, bottom, "end", "0"),
    label(MARGIN.left, bottom + 14, "start", number(curve[0].score)),
    label(right, bottom + 14, "end", number(curve.at(-1).score)),
    label((MARGIN.left + right) / 2, bottom + 26, "middle", title),
  ];
}

// The score whose confidence is the given one: the inverse of the curve.
function scoreOf(curve, confidence) {
  for (let index = 1; index < curve.length; index += 1) {
    const [one, other] = [curve[index - 1], curve[index]];
    if (confidence <= other.confidence) {
      const rise = other.confidence - one.confidence;
      const part = rise === 0 ? 0 : Math.max(0, confidence - one.confidence) / rise;
      return one.score + part * (other.score - one.score);
    }
  }
  return curve.at(-1).score;
}
