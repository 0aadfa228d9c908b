"""What a cluster needs beside the services: waiting for a schema, streams, the demo's servers, `helm test`."""
