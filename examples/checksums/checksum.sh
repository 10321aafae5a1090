cd {{root}} && sha256sum -- "$1"
