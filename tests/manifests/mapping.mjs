// Does the index template map what the log has? Every field of the README's table
// needs a type of its own in it, and every field of the lines that README shows,
// where it has one, must be of that type.
// Usage: mapping.mjs README.md TEMPLATE.json
import { readFileSync } from 'node:fs';

const [readme, template] = process.argv.slice(2)
    .map((file) => readFileSync(file, 'utf8'));
const { properties } = JSON.parse(template).template.mappings;
const types = properties.my_webserver.properties;

const text = (value) => typeof value === 'string';
const takes = {
	ip: text, text, keyword: text, wildcard: text,
	date_nanos: (value) => text(value) && !Number.isNaN(Date.parse(value)),
	boolean: (value) => typeof value === 'boolean',
	short: (value) => Number.isInteger(value) && value < 32768,
	long: Number.isInteger,
	double: (value) => typeof value === 'number',
};

const section = readme.slice(readme.indexOf('\n## Log\n'));
const table = section.slice(section.indexOf('\n| field |'))
    .split('\n\n')[0].split('\n').slice(3);
const fields = table.flatMap((row) => row.split('|')[1].match(/\w+/g));
const wrong = fields.filter((f) => f !== 'timestamp' && !types[f])
    .map((f) => `${f}: in the table, but not in the template`);

const lines = readme.split('\n').filter((l) => l.startsWith('{"timestamp"'))
    .map((l) => JSON.parse(l)).filter((l) => l.timestamp.endsWith('Z'));

function compare(values, known) {
	for (const [name, value] of Object.entries(values)) {
		const type = known[name]?.type;
		if (type && !takes[type](value))
			wrong.push(`${name}: ${JSON.stringify(value)} is no ${type}`);
	}
}

for (const { my_webserver: group, ...top } of lines) {
	compare(top, properties);
	compare(group, types);
}
console.log(`${fields.length} fields, ${lines.length} lines`);
console.log(wrong.join('\n'));
process.exit(fields.length > 10 && lines.length > 2 && !wrong.length ? 0 : 1);
