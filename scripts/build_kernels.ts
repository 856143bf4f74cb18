/**
 * Compiles the AssemblyScript and text sources to WebAssembly and writes them, in base64, as TypeScript
 * modules: those load without any permission and bundle everywhere. The same sources give the same
 * bytes, so tests/integration/kernel_build_test.ts can prove that the modules in the tree are what
 * the sources say.
 *
 *     deno run -A scripts/build_kernels.ts
 *
 * @module
 */
import asc from "assemblyscript/asc";
import binaryen from "binaryen";

interface WasmBuild {
  /** Name of the exported constant. */
  constant: string;
  /** WebAssembly features beyond the basic ones, as asc names them. */
  features: readonly string[];
}

interface ModuleBuild {
  /** Source relative to the project: AssemblyScript, or WebAssembly's text (`.wat`). */
  source: string;
  /** Generated TypeScript module, relative to the project. */
  output: string;
  /** Further compiler options. */
  options: readonly string[];
  wasms: readonly WasmBuild[];
}

const SHARED_MEMORY_PAGES = 16384;

/** Everything that is generated, and from what. */
export const MODULE_BUILDS: readonly ModuleBuild[] = [
  {
    source: "src/erasure/kernel/assembly/combine.ts",
    output: "src/erasure/kernel/kernel_wasm.ts",
    options: [
      "--importMemory",
      "--sharedMemory",
      "--initialMemory=1",
      `--maximumMemory=${SHARED_MEMORY_PAGES}`,
    ],
    wasms: [
      { constant: "RELAXED_SIMD_WASM", features: ["threads", "simd", "relaxed-simd"] },
      { constant: "SIMD_WASM", features: ["threads", "simd"] },
      { constant: "SCALAR_WASM", features: ["threads"] },
    ],
  },
  {
    source: "src/zstd/xxh64_assembly.ts",
    output: "src/zstd/xxh64_wasm.ts",
    options: [],
    wasms: [{ constant: "XXH64_WASM", features: [] }],
  },
  {
    source: "src/shared_memory_copy.wat",
    output: "src/shared_memory_wasm.ts",
    options: [],
    wasms: [{ constant: "COPY_WASM", features: ["threads", "simd", "multi-memory"] }],
  },
];

const PROJECT = new URL("../", import.meta.url);

/** As asc names them. AssemblyScript knows no second memory. */
const FEATURES: Record<string, number> = {
  threads: binaryen.Features.Atomics,
  simd: binaryen.Features.SIMD128,
  "multi-memory": binaryen.Features.MultiMemory,
};

async function compile(build: ModuleBuild, wasm: WasmBuild): Promise<Uint8Array> {
  const source = await Deno.readTextFile(new URL(build.source, PROJECT));
  return build.source.endsWith(".wat")
    ? assemble(source, wasm)
    : await compileScript(build, wasm, source);
}

function assemble(source: string, wasm: WasmBuild): Uint8Array {
  const module = binaryen.parseText(source);
  try {
    module.setFeatures(wasm.features.reduce((all, name) => all | FEATURES[name], 0 as number));
    if (!module.validate()) throw new Error("the text is no valid WebAssembly");
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

async function compileScript(
  build: ModuleBuild,
  wasm: WasmBuild,
  source: string,
): Promise<Uint8Array> {
  const disabled = ["simd", "relaxed-simd", "threads"].filter((f) => !wasm.features.includes(f));
  let output: Uint8Array | undefined;
  const { error, stderr } = await asc.main([
    build.source,
    "-O3",
    "--runtime=stub",
    "--noAssert",
    ...build.options,
    ...wasm.features.flatMap((feature) => ["--enable", feature]),
    ...disabled.flatMap((feature) => ["--disable", feature]),
    "--outFile=out.wasm",
  ], {
    readFile: (name) => name === build.source ? source : null,
    writeFile: (name, contents) => {
      if (name === "out.wasm" && typeof contents !== "string") output = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || output === undefined) {
    throw new Error(`${build.source} does not compile: ${stderr.toString()}`, { cause: error });
  }
  return output;
}

/** The text of one generated module. */
export async function generateModule(build: ModuleBuild): Promise<string> {
  let text = `// Generated from ${build.source} by scripts/build_kernels.ts: do not edit.\n`;
  for (const wasm of build.wasms) {
    const bytes = await compile(build, wasm);
    text += `\n/** ${bytes.length} bytes of WebAssembly, in base64. */\n`;
    text += `export const ${wasm.constant} =\n  "${bytes.toBase64()}";\n`;
  }
  return text;
}

if (import.meta.main) {
  for (const build of MODULE_BUILDS) {
    const text = await generateModule(build);
    await Deno.writeTextFile(new URL(build.output, PROJECT), text);
    console.log(`${build.output}: ${text.length} characters`);
  }
}
