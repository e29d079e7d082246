// Prints what GitHub's hashFiles() makes of patterns (arguments after the workspace), by the toolkit that it is made of.
import { hashFiles } from "@actions/glob";

const [workspace, ...patterns] = process.argv.slice(2);
process.env.GITHUB_WORKSPACE = workspace;
process.chdir(workspace);
const found = await hashFiles(patterns.join("\n"), workspace); // it writes debug lines of its own
process.stdout.write(`\nhash=${found}\n`);
