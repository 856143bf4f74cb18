/** Archives that GNU tar makes, with `-P` and a little help, to get out of where they are restored. */

import { assertHarmless, type Attempt } from "../integration/hostile_world.ts";
import { run } from "./tar/trees.ts";

/** A tar of GNU tar's, `t.tar` of a script in which `$W` is the world's directory. */
function made(script: string): Attempt["tar"] {
  return async (world) => {
    const directory = `${world}/archive/maker`;
    await Deno.mkdir(directory);
    run("sh", ["-euc", `W="${world}"; umask 022; echo evil > victim; ${script}`], directory);
    const tar = await Deno.readFile(`${directory}/t.tar`);
    await Deno.remove(directory, { recursive: true });
    return tar;
  };
}

const UP = "../".repeat(60);

const ATTEMPTS: Attempt[] = [
  {
    name: "an absolute name",
    tar: made('tar -P -cf t.tar --transform "s|^|$W/outside/|" victim'),
    code: 3,
    says: "leading slash removed",
    left: ["WORLD d", "WORLD/outside d", "WORLD/outside/victim f"],
  },
  ...["v7", "ustar", "gnu", "oldgnu", "posix"].map((format): Attempt => ({
    name: `a name with .., format ${format}`,
    tar: made(`tar -P -cf t.tar --format=${format} --transform "s|^|../outside/|" victim`),
    code: 3,
    says: "../outside/victim refused",
    left: [],
  })),
  ...["gnu", "posix"].map((format): Attempt => ({
    name: `a long name with .., format ${format}`,
    tar: made(`tar -P -cf t.tar --format=${format} --transform "s|^|${UP}outside/|" victim`),
    code: 3,
    left: [],
  })),
  ...[":=", "="].map((sign): Attempt => ({
    name: `a name in a PAX header, path${sign}`,
    tar: made(`tar -P -cf t.tar --format=posix --pax-option=path${sign}../outside/new victim`),
    code: 3,
    left: [],
  })),
  {
    name: "a file through a link",
    tar: made(
      'ln -s "$W/outside" link; tar -P -cf t.tar link; rm link; mkdir link; ' +
        "echo evil > link/new; tar -rf t.tar link/new",
    ),
    code: 3,
    says: "link is a symbolic link, which is not followed",
    left: ["link l"],
  },
  {
    name: "a file through a chain of links",
    tar: made(
      "ln -s .. up; ln -s up/outside out; tar -cf t.tar up out; rm out; mkdir out; " +
        "echo evil > out/new; tar -rf t.tar out/new",
    ),
    code: 3,
    left: ["up l", "out l"],
  },
  {
    name: "a directory that becomes a link, and a link that becomes a directory",
    tar: made(
      "mkdir -m 777 d; tar -cf t.tar d; rmdir d; ln -s ../outside d; tar -rf t.tar d; rm d; " +
        "mkdir d; echo evil > d/new; tar -rf t.tar d/new; " +
        "ln -s ../outside e; tar -rf t.tar e; rm e; mkdir -m 777 e; tar -rf t.tar e",
    ),
    code: 3,
    left: ["d l", "e d"],
  },
  {
    name: "a hard link to the outside",
    tar: made(
      'ln victim link; tar -P -cf t.tar --transform "s|^victim|$W/outside/victim|" victim link; ' +
        'tar -P --delete -f t.tar "$W/outside/victim"; rm link; echo evil > link; ' +
        "tar -rf t.tar --transform s/link/after/ link",
    ),
    code: 3,
    left: ["after f"],
  },
  {
    name: "a hard link to a link, which is then a file",
    tar: made(
      "ln -s ../outside/victim a; ln -P a b; tar -cf t.tar a b; rm b; echo evil > b; " +
        "tar -rf t.tar b",
    ),
    code: 0,
    left: ["a l", "b f"],
  },
  {
    name: "a file over a link of the same name",
    tar: made("ln -s ../outside/victim a; tar -cf t.tar a; rm a; echo evil > a; tar -rf t.tar a"),
    code: 0,
    left: ["a f"],
  },
  {
    name: "an incremental archive, which tells what to remove",
    prepare: async (target) => {
      await Deno.mkdir(`${target}/d`);
      await Deno.writeTextFile(`${target}/d/kept`, "");
    },
    tar: made("mkdir d; tar -g s -cf t.tar d; rm t.tar; echo > d/new; tar -g s -cf t.tar d"),
    code: 0,
    left: ["d d", "d/kept f", "d/new f"],
  },
  {
    name: "set-ID bits, holes and a directory that nobody may enter",
    tar: made(
      "chmod 6755 victim; truncate -s 1G hole; tar --sparse -cf t.tar victim hole; " +
        "mkdir d; echo x > d/f; tar -rf t.tar --mode=0 d",
    ),
    code: 0,
    left: ["victim f", "hole f", "d d", "d/f f"],
  },
];

Deno.test("nothing outside is touched by what GNU tar -P packs", () => assertHarmless(ATTEMPTS));
