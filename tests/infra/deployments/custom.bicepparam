// A private network with a fixed address, a recognition model of the operator's own, and quotas.
using '../../../infra/main.bicep'

param environmentName = 'custom'
param location = 'westeurope'
param privateNetworking = true
param natGateway = true
param cosmosConsistency = 'BoundedStaleness'
param detectMinPixels = '24'
param faceConsole = 'off'
param identifyFalsePositives = '0.05'
param faceCohort = 'blob:models/cohort.json'
param unknownRetentionDays = '30'
param identifyMargin = '0.1'
param faceTier = 'F0'
param faceQuotas = 'Person.faces=100'
param faceModelName = 'arcface_r50'
param faceModelFile = 'blob:models/arcface_r50.onnx'
param faceModelSha256 = '0000000000000000000000000000000000000000000000000000000000000000'
param faceModelDimension = '256'
param faceModelChannels = 'bgr'
param faceModelMean = '127'
param faceModelScale = '128'
param faceModelConfidence = '0.3'
param faceModelIdentification = '1:0.21,100:0.17'
param trainWhenQuiet = 120
