// Logs and telemetry. Ingestion accepts Entra tokens only.

param location string
param workspaceName string
param componentName string
param tags object

@description('Days for which logs and telemetry are kept.')
param retentionDays int

// Tables of Application Insights: unless set one by one, they keep at least 90 days.
// https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure
var telemetryTables = [
  'AppAvailabilityResults'
  'AppBrowserTimings'
  'AppDependencies'
  'AppEvents'
  'AppExceptions'
  'AppMetrics'
  'AppPageViews'
  'AppPerformanceCounters'
  'AppRequests'
  'AppSystemEvents'
  'AppTraces'
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    retentionInDays: retentionDays
    sku: {
      name: 'PerGB2018'
    }
    features: {
      disableLocalAuth: true
      // Without it a workspace of 30 days keeps its data for 31.
      immediatePurgeDataOn30Days: retentionDays == 30
    }
  }
}

// One after another: a workspace takes one change at a time.
@batchSize(1)
resource tables 'Microsoft.OperationalInsights/workspaces/tables@2025-07-01' = [
  for table in telemetryTables: {
    parent: workspace
    name: table
    dependsOn: [
      component
    ]
    properties: {
      retentionInDays: retentionDays
      totalRetentionInDays: retentionDays
    }
  }
]

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
    IngestionMode: 'LogAnalytics'
  }
}

output workspaceId string = workspace.id
output componentName string = component.name
