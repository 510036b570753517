using '../../../infra/main.bicep'

param environmentName = 'refused'
param location = 'westeurope'
param cosmosAutoscaleMaxThroughput = 1500
