// The app on Flex Consumption, where functionAppConfig takes the place of several app settings.

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

@description('Subnet of outgoing connections; empty: the public network.')
param subnetId string

param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyHttpInstances int
param httpPerInstanceConcurrency int

@description('Origins whose pages may call the app from a browser. The platform answers for them, not the app.')
param corsOrigins string[]

@description('App settings that the parameters of main.bicep decide.')
param settings object

// Identities, addresses and limits: app settings that no parameter decides.
var fixedSettings = {
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
  AZURE_CLIENT_ID: identityClientId
  AzureWebJobsDisableHomepage: 'true'
  AzureWebJobsStorage__blobServiceUri: blobEndpoint
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__queueServiceUri: queueEndpoint
  AzureWebJobsStorage__tableServiceUri: tableEndpoint
  COSMOS_DATABASE: cosmosDatabase
  COSMOS_ENDPOINT: cosmosEndpoint
  // Outside the app's own folder, which is mounted read-only.
  FACE_DATA_DIR: '/tmp/lineament'
  FACE_ENTRA_AUTHORITY: environment().authentication.loginEndpoint
  FACE_KEYS_VAULT_SECRET: 'face-keys'
  FACE_KEYS_VAULT_URL: vaultUri
  FACE_STORE: 'cosmos'
  // Bytes. Above it the host itself answers 500; up to it the service answers 400: docs/differences.md.
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '41943040'
  // Each of glibc's arenas keeps freed image buffers; two are enough for the inference threads.
  MALLOC_ARENA_MAX: '2'
  ORT_DISABLE_TELEMETRY: '1'
  // A thread for every request that the platform sends at once.
  PYTHON_THREADPOOL_THREAD_COUNT: string(httpPerInstanceConcurrency)
}

var alwaysReady = alwaysReadyHttpInstances == 0
  ? []
  : [
      {
        name: 'http'
        instanceCount: alwaysReadyHttpInstances
      }
    ]

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
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

resource app 'Microsoft.Web/sites@2025-03-01' = {
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
      cors: {
        allowedOrigins: corsOrigins
      }
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

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(fixedSettings, settings)
}

// Deployment uses an Entra identity; publishing passwords are off.
resource publishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

resource transfer 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

output id string = app.id
output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
