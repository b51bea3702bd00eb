/* The adder that wasm/add.wasm holds. Its type has to be application/wasm, or
 * the browser does not take it while it arrives. */
export async function load(url) {
	const source = await WebAssembly.instantiateStreaming(fetch(url));

	return source.instance.exports.add;
}
