"use strict";

// Starts `dindguard lsp` and lets VS Code speak with it; all else is the server's.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

// Some are other extensions' names for files that are YAML to VS Code itself.
const LANGUAGES = [
  "yaml", "dockercompose", "github-actions-workflow", "azure-pipelines", "ansible", "helm", "dockerfile", "json", "jsonc",
  "toml", "ini", "properties", "shellscript", "bat", "makefile", "just", "terraform", "hcl", "groovy",
];

let client;

async function activate(context) {
  const settings = vscode.workspace.getConfiguration("dindguard");
  const untrusted = vscode.workspace.isTrusted ? [] : ["--untrusted"];
  const args = ["lsp", "--stdio", ...untrusted, ...settings.get("arguments")];
  client = new LanguageClient(
    "dindguard",
    "dindguard",
    { command: settings.get("command"), args },
    { documentSelector: LANGUAGES.map((language) => ({ scheme: "file", language })) },
  );
  context.subscriptions.push(vscode.workspace.onDidGrantWorkspaceTrust(restart.bind(null, context)));
  await client.start();
}

async function restart(context) {
  await deactivate();
  await activate(context);
}

async function deactivate() {
  if (client !== undefined) {
    await client.stop();
    client = undefined;
  }
}

module.exports = { activate, deactivate };
