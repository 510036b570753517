using '../../../infra/main.bicep'

param environmentName = 'refused'
param location = 'westeurope'
param entraTenantId = '44444444-4444-4444-4444-444444444444'
