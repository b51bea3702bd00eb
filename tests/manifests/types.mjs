// Reads what kustomize built and writes it as typed TypeScript literals, whose
// types are Kubernetes' own and the Prometheus Operator's: the compiler then
// refuses every unknown field, and every word that is none of an enumeration's.
// Usage: types.mjs FOLDER BUILT.yaml...   writes FOLDER/NAME-INDEX.ts
import { readFileSync, writeFileSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createRequire } from 'node:module';

const [folder, ...files] = process.argv.slice(2);
const { parseAllDocuments } = createRequire(join(folder, 'x'))('yaml');

function source(apiVersion, kind) {
	const operator = apiVersion.startsWith('monitoring.coreos.com/');
	const module = (operator ?
	    '@kubernetes-models/prometheus-operator/' : 'kubernetes-models/') +
	    apiVersion + '/' + kind;

	if (!existsSync(join(folder, 'node_modules', module + '.d.ts')))
		throw new Error(`${apiVersion} ${kind}: there is no such kind`);
	return module;
}

// Kubernetes names one thing once.
const seen = new Set();

function check(document, file, index) {
	if (document.errors.length)
		throw new Error(document.errors.join('; '));
	const value = document.toJS();
	const { apiVersion, kind, metadata } = value;
	const name = `${file} ${apiVersion} ${kind} ${metadata?.name}`;

	if (!apiVersion || !kind || !metadata?.name || seen.has(name))
		throw new Error(`${name}: no name, or twice`);
	seen.add(name);
	writeFileSync(join(folder, `${file}-${index}.ts`),
	    `// ${name}\n` +
	    `import type { I${kind} } from '${source(apiVersion, kind)}';\n` +
	    `export const checked: I${kind} = ${JSON.stringify(value, null, 1)};\n`);
}

for (const file of files) {
	const documents = parseAllDocuments(readFileSync(file, 'utf8'));

	if (!documents.length)
		throw new Error(`${file}: nothing in it`);
	documents.forEach((d, i) => check(d, basename(file, '.yaml'), i));
}
console.log(`${seen.size} documents`);
