// A private network, steady load, millions of faces, and an operator.
using '../../../infra/main.bicep'

param environmentName = 'private'
param location = 'westeurope'
param privateNetworking = true
param vectorIndex = true
param cosmosAutoscaleMaxThroughput = 4000
param operatorPrincipalId = '33333333-3333-3333-3333-333333333333'
param operatorPrincipalType = 'User'
