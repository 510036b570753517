// Writes the callers' keys into the vault. infra/hooks/keys.sh runs it where there are none yet; an
// operator runs it to rotate them. It uses the control plane, not the vault's own address, so that it
// works where the vault accepts private endpoints only.

@description('The vault of infra/app/vault.bicep.')
param vaultName string

@description('Keys, separated by commas; all of them are valid.')
@secure()
@minLength(32)
param faceKeys string

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'face-keys'
  properties: {
    contentType: 'comma-separated keys'
    value: faceKeys
  }
}
