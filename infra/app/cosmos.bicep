// Documents. Containers, keys, times to live and indexes are those of shared/storage/layout.py; tests
// compare them. With an identity the app creates none of them itself.

param location string
param name string
param tags object

@description('Whether only private endpoints may connect.')
param privateNetworking bool

@description('Strong: a faceId made by one instance is verified by another a moment later.')
param consistency string

@description('0: serverless. Otherwise the autoscale maximum of the containers that grow, in request units per second.')
param autoscaleMaxThroughput int

@description('Seconds for which the outcome of an upload is recorded.')
param ingestionTimeToLive int

@description('Whether there is a vector index, for collections too large to search in memory.')
param vectorIndex bool

var serverless = autoscaleMaxThroughput == 0
var smallest = 1000

// defaultTtl -1: items never expire unless they say so themselves.
var containers = [
  {
    name: 'faces'
    defaultTtl: 86400
    maxThroughput: autoscaleMaxThroughput
  }
  {
    name: 'collections'
    defaultTtl: -1
    maxThroughput: smallest
  }
  {
    name: 'people'
    defaultTtl: -1
    maxThroughput: autoscaleMaxThroughput
  }
  {
    name: 'operations'
    defaultTtl: 604800
    maxThroughput: smallest
  }
  {
    name: 'ingestions'
    defaultTtl: ingestionTimeToLive
    maxThroughput: smallest
  }
  {
    name: 'unknowns'
    defaultTtl: 604800
    maxThroughput: smallest
  }
]

// One container for each recognition model of shared/vision/runtime/models.toml: a vector policy is fixed.
var vectorModels = vectorIndex
  ? [
      {
        name: 'vectors-sface-2021dec'
        dimension: 128
      }
    ]
  : []

// Members that queries compare, beside `id`, which Cosmos DB always indexes. Indexing costs request
// units with every write, so everything else is left out.
var documentIndex = [
  'pk'
]
var vectorFilters = [
  'pk'
  'version'
]
var notIndexed = [
  {
    path: '/*'
  }
  {
    path: '/"_etag"/?'
  }
]

var serverlessCapabilities = serverless
  ? [
      {
        name: 'EnableServerless'
      }
    ]
  : []

var vectorCapabilities = vectorIndex
  ? [
      {
        name: 'EnableNoSQLVectorSearch'
      }
    ]
  : []

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: [
      {
        locationName: location
        failoverPriority: 0
        isZoneRedundant: false
      }
    ]
    consistencyPolicy: {
      defaultConsistencyLevel: consistency
    }
    capabilities: concat(serverlessCapabilities, vectorCapabilities)
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: {
        tier: 'Continuous7Days'
      }
    }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-10-15' = {
  parent: account
  name: 'lineament'
  properties: {
    resource: {
      id: 'lineament'
    }
  }
}

resource documentContainers 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-10-15' = [
  for container in containers: {
    parent: database
    name: container.name
    properties: {
      resource: {
        id: container.name
        partitionKey: {
          kind: 'Hash'
          version: 2
          paths: [
            '/pk'
          ]
        }
        defaultTtl: container.defaultTtl
        indexingPolicy: {
          indexingMode: 'consistent'
          automatic: true
          includedPaths: map(documentIndex, member => { path: '/${member}/?' })
          excludedPaths: notIndexed
        }
      }
      options: serverless
        ? {}
        : {
            autoscaleSettings: {
              maxThroughput: container.maxThroughput
            }
          }
    }
  }
]

resource vectorContainers 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-10-15' = [
  for model in vectorModels: {
    parent: database
    name: model.name
    properties: {
      resource: {
        id: model.name
        partitionKey: {
          kind: 'Hash'
          version: 2
          paths: [
            '/pk'
          ]
        }
        defaultTtl: -1
        vectorEmbeddingPolicy: {
          vectorEmbeddings: [
            {
              path: '/vector'
              dataType: 'float32'
              dimensions: model.dimension
              distanceFunction: 'cosine'
            }
          ]
        }
        indexingPolicy: {
          indexingMode: 'consistent'
          automatic: true
          includedPaths: map(vectorFilters, member => { path: '/${member}/?' })
          excludedPaths: concat(notIndexed, [
            {
              path: '/vector/*'
            }
          ])
          vectorIndexes: [
            {
              path: '/vector'
              type: 'diskANN'
            }
          ]
        }
      }
      options: serverless
        ? {}
        : {
            autoscaleSettings: {
              maxThroughput: autoscaleMaxThroughput
            }
          }
    }
  }
]

output id string = account.id
output name string = account.name
output endpoint string = account.properties.documentEndpoint
output databaseName string = database.name
