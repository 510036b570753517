#!/bin/sh
# After provisioning: removes the operator's role on the whole storage account, which versions before
# 0.2 assigned. It reached the deployment package and the host's keys; the templates assign roles on
# single containers now, and Azure Resource Manager never removes what a template no longer has.
set -eu

: "${AZURE_SUBSCRIPTION_ID:?}" "${AZURE_RESOURCE_GROUP:?}" "${STORAGE_NAME:?}"

group="/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP"
account="$group/providers/Microsoft.Storage/storageAccounts/$STORAGE_NAME"
description='The operator puts uploads, reads results and reads dead letters.'

if ! old="$(az role assignment list --subscription "$AZURE_SUBSCRIPTION_ID" --scope "$account" \
    --query "[?description=='$description'].id" --output tsv)"; then
    echo "Warning: whether the operator has a role on the whole account $STORAGE_NAME is not known." >&2
    exit 0
fi
for assignment in $old; do
    if az role assignment delete --subscription "$AZURE_SUBSCRIPTION_ID" --ids "$assignment"; then
        echo "The operator's role on the whole account $STORAGE_NAME is removed."
    else
        echo "The operator still has a role on the whole account. An owner removes it with:" >&2
        echo "    az role assignment delete --ids $assignment" >&2
    fi
done
