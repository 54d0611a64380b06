// Has nodemailer make N.other.eml of each N.json in a directory.
const fs = require('fs');
const path = require('path');
const nodemailer = require('nodemailer');

const directory = process.argv[2];
const transport = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'windows' });

async function main() {
  for (const name of fs.readdirSync(directory).filter((file) => file.endsWith('.json'))) {
    const fields = JSON.parse(fs.readFileSync(path.join(directory, name), 'utf8'));
    const made = await transport.sendMail({ ...fields, disableFileAccess: true, disableUrlAccess: true });
    fs.writeFileSync(path.join(directory, name.replace(/json$/, 'other.eml')), made.message);
  }
}

main().catch((error) => {
  console.log(error);
  process.exit(1);
});
