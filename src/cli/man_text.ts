/**
 * What the manual pages say beyond the help of the commands: what each is for, and examples.
 *
 * @module
 */

/** Additions to one page. */
export interface ManualText {
  /** Paragraphs of DESCRIPTION. */
  description: readonly string[];
  /** EXAMPLES: what each does, and what is typed. */
  examples: readonly (readonly [what: string, typed: string])[];
}

/** By command; `ectar` is the page of the whole. */
export const MANUAL_TEXTS: Readonly<Record<string, ManualText>> = {
  ectar: {
    description: [
      "ectar turns files into a tar stream, compresses it with zstd, cuts it into chunks, and " +
      "writes each chunk as data and parity shards, onto files or onto several tape drives at " +
      "once, one shard per drive. Any of the shards that are as many as the data shards give " +
      "everything back.",
      "ectar is not needed to restore: each shard is a share that zunfec(1) reads, each chunk a " +
      "file that zstd(1) reads, and all chunks one after the other are a stream that tar(1) reads.",
      "Sizes are numbers with K, M, G or T, in powers of 1024, such as 512K or 1GiB.",
    ],
    examples: [
      [
        "Archive a directory so that any 4 of 14 files may be lost:",
        "ectar create -o backup --data-shards 10 --parity-shards 4 /srv",
      ],
      [
        "Archive it onto three tapes, of which one may be lost:",
        "ectar create -o backup --tape-devices /dev/nst0,/dev/nst1,/dev/nst2 /srv",
      ],
      [
        "Restore with two of the three tapes:",
        "ectar extract --tape-devices /dev/nst0,/dev/nst2 -o /restored",
      ],
    ],
  },
  create: {
    description: [
      "Archives the paths named, and what is below them, with owners, modes, times, ACLs, extended " +
      "attributes, hard links, sparse files and devices.",
      "With --tape-devices each drive takes one shard. A drive that fails is left out and the " +
      "archive goes on, as long as enough of them live; the summary and the exit status tell.",
    ],
    examples: [
      [
        "Archive what find selects:",
        "find /srv -newer stamp -print0 | ectar create -o new --files-from -",
      ],
      [
        "Try tapes without drives, on image files:",
        "ectar create -o try --tape-devices a.tap,b.tap,c.tap docs",
      ],
    ],
  },
  extract: {
    description: [
      "Restores all members, or those that --files selects, below the directory that -o names. " +
      "Nothing is written outside of it, and nothing that exists is replaced without --force. " +
      "Missing and damaged shards are made up for; a file of which something is lost never " +
      "stands under its own name.",
    ],
    examples: [
      [
        "Restore one directory of an archive:",
        "ectar extract -i backup --files srv/www -o /restored",
      ],
      [
        "Restore what is left when too much is lost:",
        "ectar extract -i backup --partial -o /restored",
      ],
    ],
  },
  list: {
    description: [
      "Lists the members from the index, or where none is found from the shards themselves.",
    ],
    examples: [["Sum up the sizes of all members:", "ectar list -i backup --format csv"]],
  },
  verify: {
    description: [
      "Checks every shard and every chunk, and tells how many more shards could be lost. The exit " +
      "status tells whether what is damaged can be repaired.",
    ],
    examples: [
      [
        "Check the tapes of an archive:",
        "ectar verify --tape-devices /dev/nst0,/dev/nst1,/dev/nst2",
      ],
      ["Only look whether everything is there:", "ectar verify --quick -i backup"],
    ],
  },
  repair: {
    description: [
      "Makes missing and damaged shards and the index again from what is good. Every byte is " +
      "proven right before anything is replaced.",
    ],
    examples: [["See what would be repaired:", "ectar repair --dry-run -i backup"]],
  },
  info: {
    description: ["Tells what an archive is: its parameters, chunks, and what is there of each."],
    examples: [["Tell what is on two tapes:", "ectar info --tape-devices /dev/nst0,/dev/nst1"]],
  },
  tape: {
    description: [
      "Looks after tape drives and the tapes in them. Name drives by their non-rewinding nodes, " +
      "such as /dev/nst0 or a link in /dev/tape/by-id that ends in -nst. A file stands for a tape, " +
      "too: an image in SIMH format.",
    ],
    examples: [
      ["Tell which archives are on the tapes:", "ectar tape identify /dev/nst0 /dev/nst1"],
      ["Save a tape that cannot be read well:", "ectar tape dump -o rescued /dev/nst0"],
    ],
  },
  completions: {
    description: [
      "Prints a script that makes a shell complete ectar's commands, options, files and tape " +
      "drives.",
    ],
    examples: [
      ["For this bash:", "source <(ectar completions bash)"],
      ["For all zsh users:", "ectar completions zsh >/usr/local/share/zsh/site-functions/_ectar"],
      ["For one fish user:", "ectar completions fish >~/.config/fish/completions/ectar.fish"],
    ],
  },
  man: {
    description: [
      "Prints the manual page of a command, or writes the pages of all to a directory.",
    ],
    examples: [
      ["Read a page:", "ectar man create | man -l -"],
      ["Install all of them:", "ectar man --output /usr/local/share/man/man1"],
    ],
  },
};
