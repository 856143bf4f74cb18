/**
 * The bill of materials of an executable, as CycloneDX JSON.
 *
 * @module
 */

import { VERSION } from "../../src/version.ts";
import type { EmbeddedPart } from "./embedded.ts";
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
      type: part.name.startsWith("@deno/") ? "platform" : "library",
      "bom-ref": purl(part),
      name: part.name,
      version: part.version,
      purl: purl(part),
      licenses: [{ license: { id: part.license } }],
      hashes: [part.hash],
    })),
    dependencies: [{ ref: ectar, dependsOn: parts.map(purl) }],
  };
  return JSON.stringify(document, null, 2) + "\n";
}

function purl({ name, version }: EmbeddedPart): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}
