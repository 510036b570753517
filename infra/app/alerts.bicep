// Alerts. The functions' names and the log lines that queries search for are those of the code; tests
// compare them.

param location string
param name string
param tags object
param workspaceId string
param cosmosId string
param topicId string

@description('Mail address that alerts go to; empty: alerts show in the portal only.')
param email string

@description('95th percentile of request durations, in milliseconds, above which the alert fires.')
param slowRequestMilliseconds int

@description('Throttled requests in 15 minutes above which the alert fires; below, retries absorb them.')
param throttledRequests int

@description('Failed deliveries of upload events in 15 minutes above which the alert fires; Event Grid retries.')
param failedDeliveries int

var receivers = empty(email)
  ? []
  : [
      {
        name: 'operator'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]

var rules = [
  {
    name: 'poison-messages'
    about: 'Messages wait on a poison queue: the host has stopped retrying them. See docs/operate.md.'
    severity: 1
    query: 'AppTraces | where Message startswith "poison messages are waiting" | summarize value = count()'
    threshold: 0
  }
  {
    name: 'failed-trainings'
    about: 'A run of the training function failed; the fifth failure ends the training.'
    severity: 2
    query: 'AppRequests | where OperationName == "train_collection" and Success == false | summarize value = count()'
    threshold: 0
  }
  {
    name: 'slow-requests'
    about: 'The 95th percentile of HTTP request durations is too high. Cold starts count.'
    severity: 3
    query: 'AppRequests | where OperationName !in ("train_collection", "purge_collection", "erase_deleted", "ingest_grown_upload", "search_duplicates", "ingest_upload", "maintain", "health") | summarize value = percentile(DurationMs, 95)'
    threshold: slowRequestMilliseconds
  }
  {
    name: 'throttled-requests'
    about: 'Callers got 429 or 503: the database or the instances are at their limit.'
    severity: 2
    query: 'AppRequests | where ResultCode in ("429", "503") | summarize value = count()'
    threshold: throttledRequests
  }
  {
    name: 'server-errors'
    about: 'The service answered 5xx other than 503. AppRequests would also count answers of the host.'
    severity: 1
    query: 'AppTraces | where Message startswith "request {" | extend status = toint(parse_json(substring(Message, 8)).status) | where status >= 500 and status != 503 | summarize value = count()'
    threshold: 0
  }
  {
    name: 'stale-keys'
    about: 'An instance has not been able to read the callers\' keys for ten minutes, and uses the last ones.'
    severity: 1
    query: 'AppTraces | where Message startswith "the callers\' keys could not be read for ten minutes" | summarize value = count()'
    threshold: 0
  }
]

// Platform metrics, summed over 15 minutes.
var metricRules = [
  {
    name: 'cosmos-429'
    about: 'Cosmos DB answers 429: raise the autoscale maximum, or spread the load.'
    severity: 2
    scope: cosmosId
    namespace: 'Microsoft.DocumentDB/databaseAccounts'
    metric: 'TotalRequests'
    dimensions: [
      {
        name: 'StatusCode'
        operator: 'Include'
        values: [
          '429'
        ]
      }
    ]
    aggregation: 'Count'
    threshold: throttledRequests
  }
  {
    name: 'dead-letters'
    about: 'Event Grid has stopped delivering an upload event and stored it in the container deadletter. See docs/operate.md.'
    severity: 2
    scope: topicId
    namespace: 'Microsoft.EventGrid/systemTopics'
    metric: 'DeadLetteredCount'
    dimensions: []
    aggregation: 'Total'
    threshold: 0
  }
  {
    name: 'failed-deliveries'
    about: 'The webhook of the blob trigger rejects upload events, or does not answer in time.'
    severity: 2
    scope: topicId
    namespace: 'Microsoft.EventGrid/systemTopics'
    metric: 'DeliveryAttemptFailCount'
    dimensions: []
    aggregation: 'Total'
    threshold: failedDeliveries
  }
]

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'lineament'
    emailReceivers: receivers
  }
}

resource logAlerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: '${name}-${rule.name}'
    location: location
    tags: tags
    properties: {
      displayName: rule.name
      description: rule.about
      severity: rule.severity
      enabled: true
      scopes: [
        workspaceId
      ]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true
      // The tables have no columns before the first telemetry, after this deployment.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            metricMeasureColumn: 'value'
            timeAggregation: 'Maximum'
            operator: 'GreaterThan'
            threshold: rule.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: [
          group.id
        ]
      }
    }
  }
]

resource metricAlerts 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for rule in metricRules: {
    name: '${name}-${rule.name}'
    location: 'global'
    tags: tags
    properties: {
      description: rule.about
      severity: rule.severity
      enabled: true
      scopes: [
        rule.scope
      ]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: rule.name
            metricNamespace: rule.namespace
            metricName: rule.metric
            dimensions: rule.dimensions
            operator: 'GreaterThan'
            threshold: rule.threshold
            timeAggregation: rule.aggregation
          }
        ]
      }
      actions: [
        {
          actionGroupId: group.id
        }
      ]
    }
  }
]
