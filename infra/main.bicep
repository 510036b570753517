// Lineament on Azure: one resource group with everything in it. docs/deploy.md walks through it.
// Every parameter is set by the variable of main.parameters.json; tests compare the two.

targetScope = 'subscription'

@description('Name of the environment; every name and tag is derived from it.')
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

@description('Maximum number of instances of each scale group.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('HTTP instances that always run; 0: the first request after a pause waits for a start.')
@minValue(0)
param alwaysReadyHttpInstances int = 0

@description('Concurrent requests of an instance before the platform starts the next one.')
@minValue(1)
@maxValue(32)
param httpPerInstanceConcurrency int = 4

@description('Days after which uploads and their results are deleted.')
@minValue(1)
@maxValue(3650)
param uploadRetentionDays int = 7

@description('Seconds after the last enrolment by upload after which a collection is trained; 0: never by itself.')
@minValue(0)
@maxValue(86400)
param trainWhenQuiet int = 30

@description('Days after which undeliverable events are deleted.')
@minValue(1)
param deadLetterRetentionDays int = 30

@description('Seconds for which the outcome of an upload is recorded.')
@minValue(86400)
param ingestionTimeToLive int = 2592000

@description('Days for which logs and telemetry are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('0: Cosmos DB is serverless. Otherwise the autoscale maximum in request units per second, a multiple of 1,000.')
@minValue(0)
param cosmosAutoscaleMaxThroughput int = 0

@description('Consistency of Cosmos DB. Below Strong, an instance may miss a faceId that another one has just made.')
@allowed([
  'Strong'
  'BoundedStaleness'
  'Session'
])
param cosmosConsistency string = 'Strong'

@description('Whether Cosmos DB has a vector index. It can be turned on later; its policy can never be changed.')
param vectorIndex bool = false

@description('Whether storage, Cosmos DB and the vault accept private endpoints only.')
param privateNetworking bool = false

@description('Whether the private network reaches the internet through a NAT gateway with one fixed address.')
param natGateway bool = false

@description('Mail address that alerts go to; empty: alerts show in the portal only.')
param alertEmail string = ''

@description('95th percentile of request durations, in milliseconds, above which an alert fires.')
@minValue(1)
param slowRequestMilliseconds int = 3000

@description('Throttled requests in 15 minutes above which an alert fires.')
@minValue(0)
param throttledRequests int = 100

@description('Failed deliveries of upload events in 15 minutes above which an alert fires.')
@minValue(0)
param failedDeliveries int = 20

@description('Object id of the operator, who gets access to the data; empty: there is none.')
param operatorPrincipalId string = ''

@description('Type of the operator principal; needed exactly where there is one.')
@allowed([
  ''
  'User'
  'Group'
  'ServicePrincipal'
])
param operatorPrincipalType string = ''

@description('Tenant whose access tokens are accepted beside keys; empty: keys only.')
param entraTenantId string = ''

@description('Audience of those tokens: the application id of your own app registration.')
param entraAudience string = ''

@description('Object ids of the callers whose tokens are accepted, separated by commas; empty: every token of that audience.')
param entraCallers string = ''

@description('Requests per second that a caller may make of an instance, as in 10,20; empty: no limit.')
param rateLimit string = ''

@description('Origins, separated by commas, whose pages may call the service from a browser; empty: none.')
param faceCorsOrigins string = ''

@description('Smallest face, in pixels of a full-HD image, that is reported.')
param detectMinPixels string = '36'

@description('on: the console is at /console; off: it is not.')
@allowed(['on', 'off'])
param faceConsole string = 'on'

@description('Share of strangers, 0.001 to 0.2, that identify may name where the caller gives no threshold.')
param identifyFalsePositives string = '0.01'

@description('File of the cohort that lowers cosines of crowded faces: blob:container/name; empty: none.')
param faceCohort string = ''

@description('Days for which embeddings of unknown faces of uploads are kept, up to 90; 0: none are.')
param unknownRetentionDays string = '0'

@description('Minimum lead, 0 to 1, of the best person over the second-best in identify; 0: none.')
param identifyMargin string = '0'

@description('Tier of Azure AI Face whose quotas apply.')
@allowed([
  'S0'
  'F0'
])
param faceTier string = 'S0'

@description('Quotas that differ from the tier, as in Person.faces=100; empty: none.')
param faceQuotas string = ''

@description('Name of a recognition model of your own; empty: there is none, and the other faceModel parameters are ignored.')
param faceModelName string = ''

@description('Path of its ONNX file, or blob:container/name in the storage account.')
param faceModelFile string = ''

@description('SHA-256 of that file.')
param faceModelSha256 string = ''

@description('Number of components of its embeddings.')
param faceModelDimension string = '512'

@description('Order of its input channels: rgb or bgr.')
param faceModelChannels string = 'rgb'

@description('Mean subtracted from each channel.')
param faceModelMean string = '127.5'

@description('Divisor applied after the mean.')
param faceModelScale string = '127.5'

@description('Cosine that stands for confidence 0.5, or the knots of a rising curve.')
param faceModelConfidence string = ''

@description('Normalised scores that stand for confidence 0.5 in identify, by persons of the gallery; empty: identify uses raw cosines.')
param faceModelIdentification string = ''

var autoscaleMaxThroughput = cosmosAutoscaleMaxThroughput % 1000 == 0
  ? cosmosAutoscaleMaxThroughput
  : fail('COSMOS_AUTOSCALE_MAX_THROUGHPUT is ${cosmosAutoscaleMaxThroughput}; it must be 0 or a multiple of 1000')
var operatorType = empty(operatorPrincipalId) == empty(operatorPrincipalType)
  ? operatorPrincipalType
  : fail('OPERATOR_PRINCIPAL_ID and OPERATOR_PRINCIPAL_TYPE need each other; set both or neither')
var entraTenant = empty(entraTenantId) == empty(entraAudience)
  ? entraTenantId
  : fail('ENTRA_TENANT_ID and ENTRA_AUDIENCE need each other; set both or neither')
var outboundGateway = natGateway && !privateNetworking
  ? fail('NAT_GATEWAY belongs to a private network; set PRIVATE_NETWORKING=true with it')
  : natGateway

// As shared/settings/one_machine.py reads the same list.
var corsOrigins = filter(map(split(toLower(faceCorsOrigins), ','), origin => trim(origin)), origin => !empty(origin))

// App settings that parameters decide. The others are in app/function.bicep.
var settings = {
  FACE_COHORT: faceCohort
  FACE_CONSOLE: faceConsole
  FACE_DETECT_MIN_PIXELS: detectMinPixels
  FACE_ENTRA_AUDIENCE: entraAudience
  FACE_ENTRA_CALLERS: entraCallers
  FACE_ENTRA_TENANT_ID: entraTenant
  FACE_IDENTIFY_FALSE_POSITIVES: identifyFalsePositives
  FACE_IDENTIFY_MARGIN: identifyMargin
  FACE_MODEL_CHANNELS: faceModelChannels
  FACE_MODEL_CONFIDENCE: faceModelConfidence
  FACE_MODEL_DIMENSION: faceModelDimension
  FACE_MODEL_FILE: faceModelFile
  FACE_MODEL_IDENTIFICATION: faceModelIdentification
  FACE_MODEL_MEAN: faceModelMean
  FACE_MODEL_NAME: faceModelName
  FACE_MODEL_SCALE: faceModelScale
  FACE_MODEL_SHA256: faceModelSha256
  FACE_QUOTAS: faceQuotas
  FACE_RATE_LIMIT: rateLimit
  FACE_TIER: faceTier
  FACE_TRAIN_WHEN_QUIET: string(trainWhenQuiet)
  FACE_UNKNOWN_RETENTION_DAYS: unknownRetentionDays
  FACE_UPLOAD_RETENTION_DAYS: string(uploadRetentionDays)
  // The number of faces from which a collection is searched there: docs/scale.md.
  FACE_VECTOR_INDEX: vectorIndex ? '1000000' : 'never'
}

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = {
  'azd-env-name': environmentName
}

// infra/hooks/protect.sh compares these with the next deployment and refuses to weaken them.
var protections = {
  'lineament-private': toLower(string(privateNetworking))
  'lineament-entra': toLower(string(!empty(entraTenant)))
  'lineament-entra-callers': toLower(string(!empty(entraTenant) && !empty(entraCallers)))
  'lineament-console': faceConsole
  'lineament-rate-limit': toLower(string(!empty(rateLimit)))
  'lineament-alert-mail': toLower(string(!empty(alertEmail)))
  'lineament-autoscale': toLower(string(autoscaleMaxThroughput > 0))
}

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: union(tags, protections)
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
    autoscaleMaxThroughput: autoscaleMaxThroughput
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

module diagnostics 'app/diagnostics.bicep' = {
  scope: group
  name: 'diagnostics'
  params: {
    workspaceId: monitoring.outputs.workspaceId
    cosmosName: cosmos.outputs.name
    vaultName: vault.outputs.name
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
    natGateway: outboundGateway
    storageName: storage.outputs.name
    cosmosName: cosmos.outputs.name
    vaultName: vault.outputs.name
  }
}

// After the private endpoints: Cosmos DB rejects a role assignment while it is being updated.
module roles 'app/roles.bicep' = {
  scope: group
  name: 'roles'
  dependsOn: [
    network
  ]
  params: {
    storageName: storage.outputs.name
    cosmosName: cosmos.outputs.name
    vaultName: vault.outputs.name
    componentName: monitoring.outputs.componentName
    appPrincipalId: identity.outputs.principalId
    topicPrincipalId: events.outputs.principalId
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorType
  }
}

// After the roles: an app that starts without its rights has to be restarted.
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
    corsOrigins: corsOrigins
    settings: settings
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
    topicId: events.outputs.id
    email: alertEmail
    slowRequestMilliseconds: slowRequestMilliseconds
    throttledRequests: throttledRequests
    failedDeliveries: failedDeliveries
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
