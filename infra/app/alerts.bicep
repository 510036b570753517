// What somebody should be woken for. The functions' names and the log line of poison messages are
// those of the code; a test compares them.

param location string
param name string
param tags object
param workspaceId string
param cosmosId string

@description('Who is told; empty: alerts show in the portal only.')
param email string

@description('Milliseconds that one of 20 requests may take at most.')
param slowRequestMilliseconds int

@description('Throttled Cosmos DB requests in 15 minutes that are still no alarm: the SDK retries.')
param throttledRequests int

var receivers = empty(email) ? [] : [
  {
    name: 'operator'
    emailAddress: email
    useCommonAlertSchema: true
  }
]

var rules = [
  {
    name: 'poison-messages'
    about: 'Messages wait on a poison queue: the host has given them up. See docs/operate.md.'
    severity: 1
    query: 'AppTraces | where Message startswith "poison messages are waiting" | summarize value = count()'
    threshold: 0
  }
  {
    name: 'failed-trainings'
    about: 'A run of the training function has failed; after five the training is given up.'
    severity: 2
    query: 'AppRequests | where OperationName == "train_collection" and Success == false | summarize value = count()'
    threshold: 0
  }
  {
    name: 'slow-requests'
    about: 'One of 20 HTTP requests takes longer than it should. Cold starts count.'
    severity: 3
    query: 'AppRequests | where OperationName !in ("train_collection", "purge_collection", "erase_deleted", "ingest_upload", "maintain", "health") | summarize value = percentile(DurationMs, 95)'
    threshold: slowRequestMilliseconds
  }
  {
    name: 'throttled-requests'
    about: 'Callers were answered 429 or 503: the database or the instances are at their limit.'
    severity: 2
    query: 'AppRequests | where ResultCode in ("429", "503") | summarize value = count()'
    threshold: throttledRequests
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

resource logAlerts 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = [for rule in rules: {
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
    // The tables come into being with the first telemetry, after this deployment.
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
}]

resource cosmosThrottling 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${name}-cosmos-429'
  location: 'global'
  tags: tags
  properties: {
    description: 'Cosmos DB answers 429: raise the autoscale maximum, or spread the load.'
    severity: 2
    enabled: true
    scopes: [
      cosmosId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'throttled'
          metricNamespace: 'Microsoft.DocumentDB/databaseAccounts'
          metricName: 'TotalRequests'
          dimensions: [
            {
              name: 'StatusCode'
              operator: 'Include'
              values: [
                '429'
              ]
            }
          ]
          operator: 'GreaterThan'
          threshold: throttledRequests
          timeAggregation: 'Count'
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
