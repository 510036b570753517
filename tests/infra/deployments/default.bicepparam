// What `azd up` deploys where no variable is set.
using '../../../infra/main.bicep'

param environmentName = 'default'
param location = 'westeurope'
