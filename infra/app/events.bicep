// Event Grid's topic of the storage account. The subscription is a second step, infra/subscribe.bicep:
// the key of the webhook exists only after the deployed code has started.

param location string
param name string
param tags object
param storageId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    source: storageId
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

output id string = topic.id
output name string = topic.name
output principalId string = topic.identity.principalId
