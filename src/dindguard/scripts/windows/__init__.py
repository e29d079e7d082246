"""The scripts of Windows: PowerShell and batch files, into the commands that they run."""
