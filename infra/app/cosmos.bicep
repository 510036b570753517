// Documents. Containers, keys, times to live and what is not indexed are those of
// shared/storage/names.py; a test compares them. With an identity the app makes none of them itself.

param location string
param name string
param tags object

@description('Whether only private endpoints may connect.')
param privateNetworking bool

@description('Strong: a faceId made by one instance is verified by another a moment later.')
param consistency string

@description('0: serverless. Else the most request units a second of the containers that grow.')
param autoscaleMaxThroughput int

@description('Seconds for which it is remembered what came of an upload.')
param ingestionTimeToLive int

@description('Whether there is a vector index for collections too large to search in memory.')
param vectorIndex bool

var serverless = autoscaleMaxThroughput == 0
var smallest = 1000

// No default time to live is -1: none, unless an item says so.
var containers = [
  {
    name: 'faces'
    defaultTtl: 86400
    unindexed: [
      'embedding'
    ]
    maxThroughput: autoscaleMaxThroughput
  }
  {
    name: 'collections'
    defaultTtl: -1
    unindexed: []
    maxThroughput: smallest
  }
  {
    name: 'people'
    defaultTtl: -1
    unindexed: [
      'embedding'
    ]
    maxThroughput: autoscaleMaxThroughput
  }
  {
    name: 'operations'
    defaultTtl: 604800
    unindexed: []
    maxThroughput: smallest
  }
  {
    name: 'ingestions'
    defaultTtl: ingestionTimeToLive
    unindexed: []
    maxThroughput: smallest
  }
]

// One container a recognition model of shared/vision/models.toml: a policy cannot be changed later.
var vectorModels = vectorIndex ? [
  {
    name: 'vectors-sface-2021dec'
    dimension: 128
  }
] : []

var serverlessCapabilities = serverless ? [
  {
    name: 'EnableServerless'
  }
] : []

var vectorCapabilities = vectorIndex ? [
  {
    name: 'EnableNoSQLVectorSearch'
  }
] : []

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' = {
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

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-11-15' = {
  parent: account
  name: 'lineament'
  properties: {
    resource: {
      id: 'lineament'
    }
  }
}

resource documentContainers 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-11-15' = [for container in containers: {
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
        includedPaths: [
          {
            path: '/*'
          }
        ]
        excludedPaths: concat(map(container.unindexed, member => { path: '/${member}/?' }), [
          {
            path: '/"_etag"/?'
          }
        ])
      }
    }
    options: serverless ? {} : {
      autoscaleSettings: {
        maxThroughput: container.maxThroughput
      }
    }
  }
}]

resource vectorContainers 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-11-15' = [for model in vectorModels: {
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
        includedPaths: [
          {
            path: '/*'
          }
        ]
        excludedPaths: [
          {
            path: '/vector/*'
          }
          {
            path: '/"_etag"/?'
          }
        ]
        vectorIndexes: [
          {
            path: '/vector'
            type: 'diskANN'
          }
        ]
      }
    }
    options: serverless ? {} : {
      autoscaleSettings: {
        maxThroughput: autoscaleMaxThroughput
      }
    }
  }
}]

output id string = account.id
output name string = account.name
output endpoint string = account.properties.documentEndpoint
output databaseName string = database.name
