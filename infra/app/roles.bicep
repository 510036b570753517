// Every right that an identity gets, and why. The GUIDs are those of infra/roles.json.

param storageName string
param cosmosName string
param vaultName string
param componentName string

@description('Identity of the app.')
param appPrincipalId string

@description('Identity of the Event Grid system topic.')
param topicPrincipalId string

@description('The operator: uploads, reads results, replays poison messages, sets keys, exports and imports. Empty: there is none.')
param operatorPrincipalId string

@description('Type of the operator principal.')
param operatorPrincipalType string

var roles = loadJsonContent('../roles.json')
var hasOperator = !empty(operatorPrincipalId)

// Not `deployment`: who writes there runs code as the app. Not the host's own containers: they hold
// its keys.
var operatorContainers = [
  'uploads'
  'results'
  'snapshots'
  'deadletter'
]

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: storage
  name: 'default'
}

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = {
  parent: blobs
  name: 'deadletter'
}

resource sharedContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for container in operatorContainers: {
    parent: blobs
    name: container
  }
]

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' existing = {
  name: cosmosName
}

resource dataContributor 'Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions@2025-10-15' existing = {
  parent: cosmos
  name: roles.cosmosDataContributor
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
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
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataOwner)
  }
}

resource appQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, appPrincipalId, roles.storageQueueDataContributor)
  scope: storage
  properties: {
    description: 'The app sends and receives messages of training, purge, erasure, uploads and duplicates; the blob trigger has a queue of its own, and the host writes poison queues.'
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageQueueDataContributor
    )
  }
}

resource appTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, appPrincipalId, roles.storageTableDataContributor)
  scope: storage
  properties: {
    description: 'The host writes its diagnostic events into a table.'
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageTableDataContributor
    )
  }
}

resource appTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, appPrincipalId, roles.monitoringMetricsPublisher)
  scope: component
  properties: {
    description: 'Application Insights accepts telemetry from Entra identities only.'
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.monitoringMetricsPublisher
    )
  }
}

resource appKeys 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appPrincipalId, roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    description: 'The app reads the secret that holds the callers\' keys, again every 30 seconds.'
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}

@description('The app reads and writes documents. The role cannot create or delete containers.')
resource appDocuments 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-10-15' = {
  parent: cosmos
  name: guid(cosmos.id, appPrincipalId, roles.cosmosDataContributor)
  properties: {
    principalId: appPrincipalId
    roleDefinitionId: dataContributor.id
    scope: cosmos.id
  }
}

resource topicDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(deadLetters.id, topicPrincipalId, roles.storageBlobDataContributor)
  scope: deadLetters
  properties: {
    description: 'Event Grid writes undeliverable events into this one container; shared keys are off.'
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageBlobDataContributor
    )
  }
}

resource operatorBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (container, index) in operatorContainers: if (hasOperator) {
    name: guid(sharedContainers[index].id, operatorPrincipalId, roles.storageBlobDataContributor)
    scope: sharedContainers[index]
    properties: {
      description: 'The operator uploads images, reads results and dead letters, and repairs snapshots; one container at a time.'
      principalId: operatorPrincipalId
      principalType: operatorPrincipalType
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.storageBlobDataContributor
      )
    }
  }
]

resource operatorQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hasOperator) {
  name: guid(storage.id, operatorPrincipalId, roles.storageQueueDataContributor)
  scope: storage
  properties: {
    description: 'The operator reads poison messages and puts them back on their queue.'
    principalId: operatorPrincipalId
    principalType: operatorPrincipalType
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageQueueDataContributor
    )
  }
}

resource operatorKeys 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hasOperator) {
  name: guid(vault.id, operatorPrincipalId, roles.keyVaultSecretsOfficer)
  scope: vault
  properties: {
    description: 'The operator reads the callers\' keys and rotates them.'
    principalId: operatorPrincipalId
    principalType: operatorPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)
  }
}

// After the app's: Cosmos DB takes one role assignment of an account at a time.
@description('The operator exports collections and imports them, from a machine of their own.')
resource operatorDocuments 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-10-15' = if (hasOperator) {
  parent: cosmos
  name: guid(cosmos.id, operatorPrincipalId, roles.cosmosDataContributor)
  dependsOn: [
    appDocuments
  ]
  properties: {
    principalId: operatorPrincipalId
    roleDefinitionId: dataContributor.id
    scope: cosmos.id
  }
}
