#!/bin/sh
# After provisioning: gives the service a first key, unless the vault has one already. Running it
# again changes nothing, so that a deployment never undoes a rotation.
set -eu

: "${AZURE_SUBSCRIPTION_ID:?}" "${AZURE_RESOURCE_GROUP:?}" "${VAULT_NAME:?}"

group="/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP"
secret="$group/providers/Microsoft.KeyVault/vaults/$VAULT_NAME/secrets/face-keys"

# Through the control plane, which shows that there is a secret and never its value.
if answer="$(az rest --subscription "$AZURE_SUBSCRIPTION_ID" --method get \
    --url "$secret?api-version=2025-05-01" --query name 2>&1)"; then
    echo "The vault $VAULT_NAME has keys; they stay as they are."
    exit 0
fi
case "$answer" in
*NotFound*) ;;
*)
    echo "It is not known whether the vault $VAULT_NAME has keys: $answer" >&2
    exit 1
    ;;
esac

# A file of mode 600: arguments of a command are visible in the list of processes.
umask 077
parameters="$(mktemp)"
trap 'rm -f "$parameters"' EXIT
key="$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')"
cat >"$parameters" <<EOF
{"parameters": {"vaultName": {"value": "$VAULT_NAME"}, "faceKeys": {"value": "$key"}}}
EOF

az deployment group create \
    --subscription "$AZURE_SUBSCRIPTION_ID" \
    --resource-group "$AZURE_RESOURCE_GROUP" \
    --name face-keys \
    --template-file "$(dirname "$0")/../keys.bicep" \
    --parameters "@$parameters" \
    --output none
echo "The vault $VAULT_NAME has a first key, the secret face-keys."
