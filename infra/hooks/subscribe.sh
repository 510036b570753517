#!/bin/sh
# After deployment: subscribes the blob trigger to the uploads. The key of its webhook exists only
# after the code has started, and Event Grid calls the webhook before it accepts the subscription:
# this waits for the former and retries the latter. Running it again changes nothing.
set -eu

: "${AZURE_SUBSCRIPTION_ID:?}" "${AZURE_RESOURCE_GROUP:?}"
: "${API_NAME:?}" "${STORAGE_NAME:?}" "${TOPIC_NAME:?}"
attempts="${SUBSCRIBE_ATTEMPTS:-20}"
pause="${SUBSCRIBE_PAUSE_SECONDS:-15}"

has_key() {
    found="$(az functionapp keys list \
        --subscription "$AZURE_SUBSCRIPTION_ID" \
        --resource-group "$AZURE_RESOURCE_GROUP" \
        --name "$API_NAME" \
        --query 'systemKeys.blobs_extension != null' \
        --output tsv)" && [ "$found" = true ]
}

# The template asks Azure for the key itself: it is in no argument and no output.
subscribe() {
    az deployment group create \
        --subscription "$AZURE_SUBSCRIPTION_ID" \
        --resource-group "$AZURE_RESOURCE_GROUP" \
        --name subscribe-uploads \
        --template-file "$(dirname "$0")/../subscribe.bicep" \
        --parameters \
        "topicName=$TOPIC_NAME" "appName=$API_NAME" "storageName=$STORAGE_NAME" \
        --output none
}

attempt=1
until has_key && subscribe; do
    if [ "$attempt" -ge "$attempts" ]; then
        echo "The uploads have no subscription after $attempts attempts. When the app runs," >&2
        echo "as its address with /health shows, run 'azd hooks run postdeploy'." >&2
        exit 1
    fi
    echo "The app is not ready for Event Grid yet (attempt $attempt of $attempts)." >&2
    attempt=$((attempt + 1))
    sleep "$pause"
done
echo "Uploads to $STORAGE_NAME reach $API_NAME."
