// Writes what a gzip file holds to the standard output.
const { createReadStream } = require("fs");
const { pipeline } = require("stream");
const { createGunzip } = require("zlib");

pipeline(createReadStream(process.argv[2]), createGunzip({ chunkSize: 1 << 18 }), process.stdout, (error) => {
  if (error) throw error;
});
