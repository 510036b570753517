"""Memory and processor time of decoding images."""
