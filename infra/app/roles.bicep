// Every right that anybody gets, and why. The GUIDs are those of infra/roles.json.

param storageName string
param cosmosName string
param vaultName string
param componentName string

@description('The identity of the app.')
param appPrincipalId string

@description('The identity of the Event Grid system topic.')
param topicPrincipalId string

@description('Whoever operates the service: replays poison messages, exports and imports. Empty: nobody.')
param operatorPrincipalId string

@description('What the operator is.')
param operatorPrincipalType string

var roles = loadJsonContent('../roles.json')
var definitions = '/subscriptions/${subscription().subscriptionId}/providers/Microsoft.Authorization/roleDefinitions'
var hasOperator = !empty(operatorPrincipalId)

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: storageName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' existing = {
  parent: storage
  name: 'default'
}

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' existing = {
  parent: blobs
  name: 'deadletter'
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' existing = {
  name: cosmosName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource appBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, appPrincipalId, roles.storageBlobDataOwner)
  scope: storage
  properties: {
    description: 'The host keeps leases and its secrets in blobs and loads the package from one; the app reads uploads and writes results and snapshots. The host asks for Owner, not Contributor.'
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: '${definitions}/${roles.storageBlobDataOwner}'
  }
}

resource appQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, appPrincipalId, roles.storageQueueDataContributor)
  scope: storage
  properties: {
    description: 'The app sends and takes messages of training and purge; the blob trigger has a queue of its own, and the host writes poison queues.'
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: '${definitions}/${roles.storageQueueDataContributor}'
  }
}

resource appTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, appPrincipalId, roles.storageTableDataContributor)
  scope: storage
  properties: {
    description: 'The host writes its diagnostic events into a table.'
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: '${definitions}/${roles.storageTableDataContributor}'
  }
}

resource appTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, appPrincipalId, roles.monitoringMetricsPublisher)
  scope: component
  properties: {
    description: 'Application Insights takes telemetry from Entra identities only.'
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: '${definitions}/${roles.monitoringMetricsPublisher}'
  }
}

resource appKeys 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appPrincipalId, roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    description: 'The app reads the secret that holds the keys of the callers, again every 30 seconds.'
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: '${definitions}/${roles.keyVaultSecretsUser}'
  }
}

@description('The app reads and writes documents. The role cannot make or delete containers.')
resource appDocuments 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = {
  parent: cosmos
  name: guid(cosmos.id, appPrincipalId, roles.cosmosDataContributor)
  properties: {
    principalId: appPrincipalId
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${roles.cosmosDataContributor}'
    scope: cosmos.id
  }
}

resource topicDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(deadLetters.id, topicPrincipalId, roles.storageBlobDataContributor)
  scope: deadLetters
  properties: {
    description: 'Event Grid writes events that it cannot deliver into this one container; shared keys are off.'
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: '${definitions}/${roles.storageBlobDataContributor}'
  }
}

resource operatorBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hasOperator) {
  name: guid(storage.id, operatorPrincipalId, roles.storageBlobDataContributor)
  scope: storage
  properties: {
    description: 'The operator puts uploads, reads results and reads dead letters.'
    principalId: operatorPrincipalId
    principalType: operatorPrincipalType
    roleDefinitionId: '${definitions}/${roles.storageBlobDataContributor}'
  }
}

resource operatorQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hasOperator) {
  name: guid(storage.id, operatorPrincipalId, roles.storageQueueDataContributor)
  scope: storage
  properties: {
    description: 'The operator looks at poison messages and puts them back on their queue.'
    principalId: operatorPrincipalId
    principalType: operatorPrincipalType
    roleDefinitionId: '${definitions}/${roles.storageQueueDataContributor}'
  }
}

@description('The operator exports collections and imports them, from a machine of their own.')
resource operatorDocuments 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = if (hasOperator) {
  parent: cosmos
  name: guid(cosmos.id, operatorPrincipalId, roles.cosmosDataContributor)
  properties: {
    principalId: operatorPrincipalId
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${roles.cosmosDataContributor}'
    scope: cosmos.id
  }
}
