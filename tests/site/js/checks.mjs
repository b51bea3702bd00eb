import { load } from "./add.mjs";

const site = window.site;

function drawn(id) {
	const image = document.getElementById(id);

	return image.decode().then(() => image.naturalWidth);
}

/* Each: does it work, in a word or two. */
const checks = {
	css() {
		const style = getComputedStyle(document.documentElement);
		const value = style.getPropertyValue("--arrived").trim();

		return [value === "yes", value || "not there"];
	},
	module() {
		return [true, "runs"];
	},
	async svg() {
		const width = await drawn("logo");

		return [width > 0, width + " wide"];
	},
	async png() {
		const width = await drawn("dot");

		return [width === 16, width + " wide"];
	},
	async json() {
		const facts = await (await fetch("/data/facts.json")).json();

		return [facts.answer === 42, facts.greeting];
	},
	async wasm() {
		const add = await load("/wasm/add.wasm");

		return [add(40, 2) === 42, "40 + 2 = " + add(40, 2)];
	},
	async manifest() {
		const link = document.querySelector("link[rel=manifest]");
		const manifest = await (await fetch(link.href)).json();

		return [manifest.name === "A small site", manifest.name];
	},
};

for (const name of Object.keys(checks)) {
	try {
		site.tell(name, ...(await checks[name]()));
	} catch (error) {
		site.tell(name, false, String(error));
	}
}
site.finish();
