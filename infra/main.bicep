// Lineament on Azure: one resource group, all of it. docs/deploy.md walks through it.

targetScope = 'subscription'

@description('Name of the environment; every name and tag is made of it.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('An Azure region that has Flex Consumption.')
param location string

@description('Memory of an instance in MB; CPU comes in proportion to it.')
@allowed([
  2048
  4096
])
param instanceMemoryMB int = 2048

@description('How many instances each scale group may have at most.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('HTTP instances that never go away; 0: the first request after a pause waits for a start.')
@minValue(0)
param alwaysReadyHttpInstances int = 0

@description('Requests that an instance gets side by side before the next instance is started.')
@minValue(1)
@maxValue(32)
param httpPerInstanceConcurrency int = 4

@description('Days after which uploads and their results are deleted.')
@minValue(1)
param uploadRetentionDays int = 7

@description('Days after which events that could not be delivered are deleted.')
@minValue(1)
param deadLetterRetentionDays int = 30

@description('Seconds for which it is remembered what came of an upload.')
@minValue(86400)
param ingestionTimeToLive int = 2592000

@description('Days for which logs and telemetry are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('0: Cosmos DB is serverless. Else the autoscale maximum, in request units a second.')
@minValue(0)
param cosmosAutoscaleMaxThroughput int = 0

@description('Anything weaker than Strong lets an instance miss a faceId that another one has just made.')
@allowed([
  'Strong'
  'BoundedStaleness'
  'Session'
])
param cosmosConsistency string = 'Strong'

@description('Whether Cosmos DB has a vector index. It can be turned on later, but its policy never changed.')
param vectorIndex bool = false

@description('Whether storage, Cosmos DB and the vault are reached through private endpoints only.')
param privateNetworking bool = false

@description('Who is told of alerts; empty: nobody, they show in the portal.')
param alertEmail string = ''

@description('Milliseconds that one of 20 requests may take before an alert.')
@minValue(1)
param slowRequestMilliseconds int = 3000

@description('Throttled requests in 15 minutes that are still no alarm.')
@minValue(0)
param throttledRequests int = 100

@description('Object id of who operates the service and gets at its data; empty: nobody.')
param operatorPrincipalId string = ''

@description('What the operator is.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param operatorPrincipalType string = 'User'

@description('Tenant whose access tokens are let in beside keys; empty: keys only.')
param entraTenantId string = ''

@description('Audience of those tokens: the application id of an app registration of your own.')
param entraAudience string = ''

@description('Object ids of those callers, separated by commas; empty: all who get a token.')
param entraCallers string = ''

@description('Requests a second that a caller may make of an instance, as in 10,20; empty: no limit.')
param rateLimit string = ''

@description('Whose quotas hold: those of tier S0 or F0 of Azure AI Face.')
@allowed([
  'S0'
  'F0'
])
param tier string = 'S0'

@description('Quotas that differ from the tier, as in Person.faces=100; empty: none.')
param quotas string = ''

@description('Smallest face, in pixels of a full-HD picture, that is reported.')
param detectMinPixels string = '36'

@description('Least lead, 0 to 1, of the best person over the second-best in identify; 0: none.')
param identifyMargin string = '0'

@description('A recognition model of your own, as the FACE_MODEL_ settings tell; no name: none.')
param ownModel object = {
  name: ''
  file: ''
  sha256: ''
  dimension: '512'
  channels: 'rgb'
  mean: '127.5'
  scale: '127.5'
  confidence: ''
}

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = {
  'azd-env-name': environmentName
}

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'app/identity.bicep' = {
  scope: group
  name: 'identity'
  params: {
    location: location
    name: 'id-${token}'
    tags: tags
  }
}

module storage 'app/storage.bicep' = {
  scope: group
  name: 'storage'
  params: {
    location: location
    name: 'st${token}'
    tags: tags
    privateNetworking: privateNetworking
    uploadRetentionDays: uploadRetentionDays
    deadLetterRetentionDays: deadLetterRetentionDays
  }
}

module cosmos 'app/cosmos.bicep' = {
  scope: group
  name: 'cosmos'
  params: {
    location: location
    name: 'cosmos-${token}'
    tags: tags
    privateNetworking: privateNetworking
    consistency: cosmosConsistency
    autoscaleMaxThroughput: cosmosAutoscaleMaxThroughput
    ingestionTimeToLive: ingestionTimeToLive
    vectorIndex: vectorIndex
  }
}

module vault 'app/vault.bicep' = {
  scope: group
  name: 'vault'
  params: {
    location: location
    name: 'kv-${token}'
    tags: tags
    privateNetworking: privateNetworking
  }
}

module monitoring 'app/monitoring.bicep' = {
  scope: group
  name: 'monitoring'
  params: {
    location: location
    workspaceName: 'log-${token}'
    componentName: 'appi-${token}'
    tags: tags
    retentionDays: logRetentionDays
  }
}

module events 'app/events.bicep' = {
  scope: group
  name: 'events'
  params: {
    location: location
    name: 'evgt-${token}'
    tags: tags
    storageId: storage.outputs.id
  }
}

module network 'app/network.bicep' = if (privateNetworking) {
  scope: group
  name: 'network'
  params: {
    location: location
    name: 'vnet-${token}'
    tags: tags
    storageId: storage.outputs.id
    cosmosId: cosmos.outputs.id
    vaultId: vault.outputs.id
  }
}

module roles 'app/roles.bicep' = {
  scope: group
  name: 'roles'
  params: {
    storageName: storage.outputs.name
    cosmosName: cosmos.outputs.name
    vaultName: vault.outputs.name
    componentName: monitoring.outputs.componentName
    appPrincipalId: identity.outputs.principalId
    topicPrincipalId: events.outputs.principalId
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
  }
}

// After the roles: an app that starts without its rights has to be started again.
module api 'app/function.bicep' = {
  scope: group
  name: 'api'
  dependsOn: [
    roles
  ]
  params: {
    location: location
    name: 'func-${token}'
    planName: 'plan-${token}'
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    blobEndpoint: storage.outputs.blobEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    cosmosEndpoint: cosmos.outputs.endpoint
    cosmosDatabase: cosmos.outputs.databaseName
    componentName: monitoring.outputs.componentName
    vaultUri: vault.outputs.uri
    subnetId: privateNetworking ? network!.outputs.appSubnetId : ''
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyHttpInstances: alwaysReadyHttpInstances
    httpPerInstanceConcurrency: httpPerInstanceConcurrency
    uploadRetentionDays: uploadRetentionDays
    entraTenantId: entraTenantId
    entraAudience: entraAudience
    entraCallers: entraCallers
    rateLimit: rateLimit
    tier: tier
    quotas: quotas
    detectMinPixels: detectMinPixels
    identifyMargin: identifyMargin
    ownModel: ownModel
    vectorIndex: vectorIndex
  }
}

module alerts 'app/alerts.bicep' = {
  scope: group
  name: 'alerts'
  params: {
    location: location
    name: 'alerts-${token}'
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    cosmosId: cosmos.outputs.id
    email: alertEmail
    slowRequestMilliseconds: slowRequestMilliseconds
    throttledRequests: throttledRequests
  }
}

// azd keeps these as environment variables; the hooks read them.
output AZURE_RESOURCE_GROUP string = group.name
output API_NAME string = api.outputs.name
output API_URL string = api.outputs.url
output STORAGE_NAME string = storage.outputs.name
output TOPIC_NAME string = events.outputs.name
output VAULT_NAME string = vault.outputs.name
output COSMOS_ENDPOINT string = cosmos.outputs.endpoint
