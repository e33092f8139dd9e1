// The standard library in a sandbox: console, Date, performance, Math.random, crypto, trace.

console.log("console.log");
console.info("console.info");
console.warn("console.warn");
console.error("console.error");
console.assert(true, "not shown");
console.assert(false, "shown");
trace("trace", 2, 1, 2.5);

const now = Date.now();
console.log(`now is after 2025: ${now > 1735689600000}, year ${new Date(now).getUTCFullYear() >= 2025}`);
const start = performance.now();
let sum = 0;
for (let i = 0; i < 1000; i++) sum += i;
console.log(`clock goes forward: ${performance.now() >= start} ${sum}`);
const random = Math.random();
console.log(`random: ${random >= 0 && random < 1 && random != Math.random()}`);
const bytes = new Uint8Array(16);
crypto.getRandomValues(bytes);
let zero = true;
for (let i = 0; i < bytes.length; i++) if (bytes[i] != 0) zero = false;
console.log(`crypto: ${!zero}`);
