"""Operations of the service, one module a resource."""
