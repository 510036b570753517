// A group operates the service; logs are kept for 60 days; alerts go out by mail.
using '../../../infra/main.bicep'

param environmentName = 'group'
param location = 'westeurope'
param operatorPrincipalId = '88888888-8888-8888-8888-888888888888'
param operatorPrincipalType = 'Group'
param logRetentionDays = 60
param uploadRetentionDays = 14
param deadLetterRetentionDays = 60
param ingestionTimeToLive = 5184000
param alertEmail = 'operator@example.com'
param slowRequestMilliseconds = 5000
param throttledRequests = 500
param failedDeliveries = 50
