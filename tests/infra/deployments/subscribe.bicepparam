// The second step: the subscription of the blob trigger.
using '../../../infra/subscribe.bicep'

param topicName = 'evgt-lineament'
param appName = 'func-lineament'
param storageName = 'stlineament'
