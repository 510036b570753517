using '../../../infra/main.bicep'

param environmentName = 'refused'
param location = 'westeurope'
param operatorPrincipalId = '33333333-3333-3333-3333-333333333333'
