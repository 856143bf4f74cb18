/**
 * The bill of materials of an executable, as CycloneDX JSON.
 *
 * @module
 */

import { VERSION } from "../../src/version.ts";
import type { EmbeddedPart } from "./embedded.ts";
import { notedPackages, NOTICE_TRIPLE, NOTICE_VERSION } from "./notice.ts";
import type { Target } from "./targets.ts";

/** The document. */
export function billOfMaterials(
  target: Target,
  parts: readonly EmbeddedPart[],
  timeSeconds: number,
): string {
  const ectar = `pkg:generic/ectar@${VERSION}?arch=${target.machine}`;
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      timestamp: new Date(timeSeconds * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": ectar,
        name: "ectar",
        version: VERSION,
        purl: ectar,
        licenses: [{ license: { id: "MIT" } }],
      },
    },
    components: parts.map((part) => ({
      type: isDeno(part) ? "platform" : "library",
      "bom-ref": purl(part),
      name: part.name,
      version: part.version,
      purl: purl(part),
      licenses: [{ license: { id: part.license } }],
      hashes: [part.hash],
      ...isDeno(part) ? insideDeno(target) : {},
    })),
    dependencies: [{ ref: ectar, dependsOn: parts.map(purl) }],
  };
  return JSON.stringify(document, null, 2) + "\n";
}

function isDeno({ name }: EmbeddedPart): boolean {
  return name.startsWith("@deno/");
}

/** What Deno is built from; said to be another Deno's where only that is known. */
function insideDeno(target: Target): { description?: string; components: unknown[] } {
  const isListed = target.denoVersion === NOTICE_VERSION && target.triple === NOTICE_TRIPLE;
  const description = `components are those of Deno ${NOTICE_VERSION} for ${NOTICE_TRIPLE}`;
  const components = notedPackages().map(({ name, version, license }) => ({
    type: "library",
    "bom-ref": `pkg:cargo/${name}@${version}`,
    name,
    version,
    purl: `pkg:cargo/${name}@${encodeURIComponent(version)}`,
    // Some packages point to a file instead of naming a licence.
    licenses: [
      license.startsWith("see ") ? { license: { name: license } } : { expression: license },
    ],
  }));
  return isListed ? { components } : { description, components };
}

function purl({ name, version }: EmbeddedPart): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}
