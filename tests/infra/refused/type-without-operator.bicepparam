using '../../../infra/main.bicep'

param environmentName = 'refused'
param location = 'westeurope'
param operatorPrincipalType = 'User'
