"use strict";

/* Shows on the page that a piece of it has arrived and works, or not. */
window.site = {
	state: {},

	tell(name, good, text) {
		const row = document.getElementById(name);

		row.dataset.state = good ? "good" : "bad";
		row.querySelector("td").textContent = text;
		this.state[name] = good;
	},

	/* When every row has been told of, the whole page says so. */
	finish() {
		const rows = Array.from(document.querySelectorAll("tr[id]"));
		const good = rows.every((row) => row.dataset.state === "good");

		document.documentElement.dataset.site = good ? "good" : "bad";
	},
};

window.site.tell("script", true, "runs");
//# sourceMappingURL=site.js.map
