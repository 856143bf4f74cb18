/** The planned home of the mock tape drive; the class itself ships with the library. */
export { MockTapeDevice } from "../src/tape/mock_device.ts";
export type { MockCounts, MockTapeOptions } from "../src/tape/mock_options.ts";
export type { MockCall, MockEffect, MockFault } from "../src/tape/mock_faults.ts";
export { FILEMARK, TapeMedium } from "../src/tape/mock_medium.ts";
