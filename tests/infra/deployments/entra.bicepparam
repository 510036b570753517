// Entra ID beside keys, a rate limit, and instances that always run.
using '../../../infra/main.bicep'

param environmentName = 'entra'
param location = 'swedencentral'
param entraTenantId = '44444444-4444-4444-4444-444444444444'
param entraAudience = '55555555-5555-5555-5555-555555555555'
param entraCallers = '66666666-6666-6666-6666-666666666666,77777777-7777-7777-7777-777777777777'
param rateLimit = '10,20'
param faceCorsOrigins = 'https://app.example, https://Admin.example,'
param alwaysReadyHttpInstances = 2
param httpPerInstanceConcurrency = 8
param instanceMemoryMB = 4096
param maximumInstanceCount = 100
