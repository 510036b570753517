// The app on Flex Consumption. What other plans say in settings stands in functionAppConfig here.

param location string
param name string
param planName string
param tags object
param identityId string
param identityClientId string
param blobEndpoint string
param queueEndpoint string
param tableEndpoint string
param cosmosEndpoint string
param cosmosDatabase string
param componentName string
param vaultUri string

@description('Subnet to reach out from; empty: the public network.')
param subnetId string

param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyHttpInstances int
param httpPerInstanceConcurrency int
param uploadRetentionDays int
param entraTenantId string
param entraAudience string
param entraCallers string
param rateLimit string
param tier string
param quotas string
param detectMinPixels string
param identifyMargin string
param ownModel object

@description('Whether Cosmos DB searches collections that are too large for an instance of 2 GB.')
param vectorIndex bool

var alwaysReady = alwaysReadyHttpInstances == 0 ? [] : [
  {
    name: 'http'
    instanceCount: alwaysReadyHttpInstances
  }
]

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}deployment'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
        triggers: {
          http: {
            perInstanceConcurrency: httpPerInstanceConcurrency
          }
        }
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
    AZURE_CLIENT_ID: identityClientId
    AzureWebJobsStorage__blobServiceUri: blobEndpoint
    AzureWebJobsStorage__clientId: identityClientId
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__queueServiceUri: queueEndpoint
    AzureWebJobsStorage__tableServiceUri: tableEndpoint
    COSMOS_DATABASE: cosmosDatabase
    COSMOS_ENDPOINT: cosmosEndpoint
    // Outside of the app's own folder, which is mounted read-only.
    FACE_DATA_DIR: '/tmp/lineament'
    FACE_DETECT_MIN_PIXELS: detectMinPixels
    FACE_ENTRA_AUDIENCE: entraAudience
    FACE_ENTRA_AUTHORITY: environment().authentication.loginEndpoint
    FACE_ENTRA_CALLERS: entraCallers
    FACE_ENTRA_TENANT_ID: entraTenantId
    FACE_IDENTIFY_MARGIN: identifyMargin
    FACE_KEYS_VAULT_SECRET: 'face-keys'
    FACE_KEYS_VAULT_URL: vaultUri
    FACE_MODEL_CHANNELS: ownModel.channels
    FACE_MODEL_CONFIDENCE: ownModel.confidence
    FACE_MODEL_DIMENSION: ownModel.dimension
    FACE_MODEL_FILE: ownModel.file
    FACE_MODEL_MEAN: ownModel.mean
    FACE_MODEL_NAME: ownModel.name
    FACE_MODEL_SCALE: ownModel.scale
    FACE_MODEL_SHA256: ownModel.sha256
    FACE_QUOTAS: quotas
    FACE_RATE_LIMIT: rateLimit
    FACE_STORE: 'cosmos'
    FACE_TIER: tier
    FACE_UPLOAD_RETENTION_DAYS: string(uploadRetentionDays)
    // docs/scale.md says why there.
    FACE_VECTOR_INDEX: vectorIndex ? '1000000' : 'never'
    // A thread for every request that the platform sends at once.
    PYTHON_THREADPOOL_THREAD_COUNT: string(httpPerInstanceConcurrency)
  }
}

// Deployment is by Entra identity; the publishing passwords of old are shut.
resource publishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

resource transfer 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

output id string = app.id
output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
