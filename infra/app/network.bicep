// Private networking: one network, a subnet for the app's outgoing connections, and a private endpoint
// with its DNS zone for every service behind it. The app's own address stays public: Event Grid
// delivers to it. Connections to the internet (Entra ID, telemetry, image URLs) leave through the
// platform's own addresses, or through the NAT gateway where there is one.

param location string
param name string
param tags object

@description('Whether connections to the internet leave through one fixed address.')
param natGateway bool

param storageName string
param cosmosName string
param vaultName string

// Each with the resource, its sub-resource, and the zone in which Azure resolves that sub-resource.
var endpoints = [
  {
    name: 'blob'
    type: 'Microsoft.Storage/storageAccounts'
    resource: storageName
    zone: 'privatelink.blob.${environment().suffixes.storage}'
  }
  {
    name: 'queue'
    type: 'Microsoft.Storage/storageAccounts'
    resource: storageName
    zone: 'privatelink.queue.${environment().suffixes.storage}'
  }
  {
    name: 'table'
    type: 'Microsoft.Storage/storageAccounts'
    resource: storageName
    zone: 'privatelink.table.${environment().suffixes.storage}'
  }
  {
    name: 'Sql'
    type: 'Microsoft.DocumentDB/databaseAccounts'
    resource: cosmosName
    zone: 'privatelink.documents.azure.com'
  }
  {
    name: 'vault'
    type: 'Microsoft.KeyVault/vaults'
    resource: vaultName
    zone: 'privatelink.vaultcore.azure.net'
  }
]

resource address 'Microsoft.Network/publicIPAddresses@2025-05-01' = if (natGateway) {
  name: '${name}-address'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
  }
}

resource gateway 'Microsoft.Network/natGateways@2025-05-01' = if (natGateway) {
  name: '${name}-nat'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIpAddresses: [
      {
        id: address.id
      }
    ]
  }
}

// defaultOutboundAccess is written out: its default depends on the API version.
resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        '10.0.0.0/16'
      ]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.0.0.0/24'
          defaultOutboundAccess: !natGateway
          natGateway: natGateway
            ? {
                id: gateway.id
              }
            : null
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: '10.0.1.0/24'
          defaultOutboundAccess: false
        }
      }
    ]
  }
}

resource appSubnet 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' existing = {
  parent: network
  name: 'app'
}

resource endpointSubnet 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' existing = {
  parent: network
  name: 'endpoints'
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for endpoint in endpoints: {
    name: endpoint.zone
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (endpoint, index) in endpoints: {
    parent: zones[index]
    name: name
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: network.id
      }
    }
  }
]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for endpoint in endpoints: {
    name: '${name}-${toLower(endpoint.name)}'
    location: location
    tags: tags
    properties: {
      subnet: {
        id: endpointSubnet.id
      }
      privateLinkServiceConnections: [
        {
          name: toLower(endpoint.name)
          properties: {
            privateLinkServiceId: resourceId(endpoint.type, endpoint.resource)
            groupIds: [
              endpoint.name
            ]
          }
        }
      ]
    }
  }
]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (endpoint, index) in endpoints: {
    parent: privateEndpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: toLower(endpoint.name)
          properties: {
            privateDnsZoneId: zones[index].id
          }
        }
      ]
    }
  }
]

output appSubnetId string = appSubnet.id
