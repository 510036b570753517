#!/bin/sh
# Before provisioning: refuses a region without Flex Consumption, and a deployment that is weaker
# than the one that exists. A variable that is not set would fall back to its default: a workflow
# that forgets one would open a private deployment to the public network.
set -eu

# Fails where Azure has said no; where it cannot be asked, Azure itself decides.
check_region() {
    if [ -z "${AZURE_LOCATION:-}" ]; then
        echo "The region is not chosen yet; whether it has Flex Consumption is not checked." >&2
        return
    fi
    if ! regions="$(az functionapp list-flexconsumption-locations \
        ${AZURE_SUBSCRIPTION_ID:+--subscription "$AZURE_SUBSCRIPTION_ID"} \
        --query '[].name' --output tsv)" || [ -z "$regions" ]; then
        echo "Warning: whether $AZURE_LOCATION has Flex Consumption is not known." >&2
        return
    fi
    wanted="$(printf '%s' "$AZURE_LOCATION" | tr '[:upper:]' '[:lower:]' | tr -d ' ')"
    if ! printf '%s\n' "$regions" | tr '[:upper:]' '[:lower:]' | tr -d ' ' | grep -Fqx "$wanted"; then
        echo "$AZURE_LOCATION has no Flex Consumption. These regions have it:" >&2
        printf '%s\n' "$regions" | sort >&2
        exit 1
    fi
}

# The tags that infra/main.bicep writes, one "name=value" a line.
read_tags() {
    if ! answer="$(az group show --subscription "$AZURE_SUBSCRIPTION_ID" --name "rg-$AZURE_ENV_NAME" \
        --query 'tags' --output json 2>&1)"; then
        case "$answer" in
        *ResourceGroupNotFound*) return ;;
        esac
        echo "What is deployed in rg-$AZURE_ENV_NAME is not known: $answer" >&2
        exit 1
    fi
    tags="$(printf '%s' "$answer" | tr -d '{}" \n' | tr ',' '\n' | sed -n 's/^lineament-\([a-z-]*\):/\1=/p')"
    if [ -z "$tags" ]; then
        weakens "possibly, as an older version deployed rg-$AZURE_ENV_NAME and did not record how; check" \
            "PRIVATE_NETWORKING, ENTRA_TENANT_ID, RATE_LIMIT, ALERT_EMAIL and" \
            "COSMOS_AUTOSCALE_MAX_THROUGHPUT"
    fi
}

weakens() {
    echo "Weaker than what is deployed: $*." >&2
    weaker=1
}

# The spellings that azd reads as true.
is_true() {
    case "$1" in
    1 | t | T | true | True | TRUE) return 0 ;;
    *) return 1 ;;
    esac
}

deployed() {
    printf '%s\n' "$tags" | grep -Fqx "$1"
}

check_protections() {
    if deployed private=true && ! is_true "${PRIVATE_NETWORKING:-}"; then
        weakens "the deployment is private, and PRIVATE_NETWORKING=${PRIVATE_NETWORKING:-} opens it"
    fi
    if deployed entra=true && [ -z "${ENTRA_TENANT_ID:-}" ]; then
        weakens "the deployment accepts Entra tokens, and ENTRA_TENANT_ID is not set"
    fi
    if deployed entra-callers=true && [ -z "${ENTRA_CALLERS:-}" ]; then
        weakens "the deployment accepts named callers only, and ENTRA_CALLERS is not set"
    fi
    if deployed console=off && [ "${FACE_CONSOLE:-on}" != off ]; then
        weakens "the deployment has no console, and FACE_CONSOLE=${FACE_CONSOLE:-} adds it"
    fi
    if deployed rate-limit=true && [ -z "${RATE_LIMIT:-}" ]; then
        weakens "the deployment limits rates, and RATE_LIMIT is not set"
    fi
    if deployed alert-mail=true && [ -z "${ALERT_EMAIL:-}" ]; then
        weakens "the deployment sends alerts by mail, and ALERT_EMAIL is not set"
    fi
    maximum="${COSMOS_AUTOSCALE_MAX_THROUGHPUT:-0}"
    if deployed autoscale=true && [ "$maximum" = 0 ]; then
        weakens "Cosmos DB scales automatically, and COSMOS_AUTOSCALE_MAX_THROUGHPUT=0 makes it serverless"
    fi
    if deployed autoscale=false && [ "$maximum" != 0 ]; then
        weakens "Cosmos DB is serverless, and COSMOS_AUTOSCALE_MAX_THROUGHPUT=$maximum converts it"
    fi
}

weaker=0
tags=
check_region
if [ -z "${AZURE_SUBSCRIPTION_ID:-}" ] || [ -z "${AZURE_ENV_NAME:-}" ]; then
    echo "The environment is not chosen yet; nothing is deployed from it." >&2
    exit 0
fi
read_tags
check_protections
if [ "$weaker" = 1 ] && [ "${ALLOW_WEAKER:-}" != 1 ]; then
    echo "Set the variables, or ALLOW_WEAKER=1 where that is what you want." >&2
    exit 1
fi
