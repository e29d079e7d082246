"""One small tree with a real danger for each surface that people meet, whether or not a format reads it."""

from __future__ import annotations

HARMLESS = "services:\n  web:\n    image: registry.example/web:1\n"
SOCKET = "/var/run/docker.sock:/var/run/docker.sock"

TREES: dict[str, dict[str, str]] = {
    # -- editors and agents
    "dev container, host's socket by a feature": {
        ".devcontainer/devcontainer.json": '{"image": "example/dev", "features": {'
        '"ghcr.io/devcontainers/features/docker-outside-of-docker:1": {}}}'
    },
    "dev container, privileged by its arguments": {
        ".devcontainer/devcontainer.json": '{"image": "example/dev", "runArgs": ["--privileged"]}'
    },
    "dev container in a folder of its own": {
        ".devcontainer/go/devcontainer.json": '{"image": "example/dev", "privileged": true}'
    },
    "dev container with its own feature": {
        ".devcontainer/devcontainer.json": '{"image": "example/dev", "features": {"./x": {}}, "remoteUser": "dev"}',
        ".devcontainer/x/devcontainer-feature.json": '{"id": "x", "version": "1.0.0", "privileged": true}',
    },
    "MCP server with the socket": {
        ".mcp.json": '{"mcpServers": {"a": {"command": "docker", "args": ["run", "-v", "%s", "mcp/x"]}}}' % SOCKET
    },
    "MCP server in TOML": {
        ".codex/config.toml": '[mcp_servers.x]\ncommand = "docker"\nargs = ["run", "--privileged", "mcp/x"]\n'
    },
    "VS Code task": {
        ".vscode/tasks.json": '{"tasks": [{"type": "docker-run", "dockerRun": {"image": "a", "volumes": [{"localPath": '
        '"/var/run/docker.sock", "containerPath": "/var/run/docker.sock"}]}}]}'
    },
    "Home Assistant app": {"app/config.yaml": "name: a\nslug: a\nversion: 1\narch: [amd64]\ndocker_api: true\n"},
    "Home Assistant app with a capability": {
        "app/config.yaml": "name: a\nslug: a\nversion: 1\narch: [amd64]\nprivileged: [SYS_ADMIN]\n"
    },
    "Runtipi app with a capability": {
        "apps/a/docker-compose.json": '{"services": [{"name": "a", "image": "x", "isMain": true, "capAdd": ["SYS_ADMIN"]}]}'
    },
    "Home Assistant app with full access": {
        "app/config.yaml": "name: a\nslug: a\nversion: 1\narch: [amd64]\nfull_access: true\n"
    },
    "Unraid template": {
        "a.xml": '<?xml version="1.0"?>\n<Container version="2">\n  <Repository>x</Repository>\n  <Privileged>true</Privileged>\n'
        "</Container>\n"
    },
    "Portainer templates": {
        "templates.json": '{"version": "2", "templates": [{"type": 1, "image": "x", "privileged": true}]}'
    },
    "Testcontainers": {".testcontainers.properties": "docker.host=tcp://10.0.0.5:2375\n"},
    "patch of an object elsewhere": {
        "kustomization.yaml": "resources: [https://example.org/agent.yaml]\npatches:\n- path: agent.yaml\n",
        "agent.yaml": "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec:\n  template:\n    spec:\n"
        "      containers:\n      - name: agent\n        securityContext: {privileged: true}\n",
    },
    "k3d with the socket": {
        "up.sh": "k3d cluster create a \\\n  --network kind \\\n  --volume %s@server:0 \\\n  --wait\n" % SOCKET
    },
    "containerd's own client": {"a.sh": "ctr -n k8s.io run -d --net-host --privileged docker.io/x:1 a\n"},
    "Dapper": {"Dockerfile.dapper": "FROM golang:1\nENV DAPPER_RUN_ARGS --privileged -v a:/b\n"},
    "a part added to a file": {
        "gen.sh": "# docker\ncat >>jobs.yaml <<EOF\n      securityContext:\n        privileged: true\nEOF\n"
    },
    "Swarm service of Terraform": {
        "main.tf": 'resource "docker_service" "a" {\n  name = "a"\n  task_spec {\n    container_spec {\n      image = "x"\n'
        '      mounts {\n        type = "bind"\n        source = "/var/run/docker.sock"\n        target = "/var/run/docker.sock"\n'
        "      }\n    }\n  }\n}\n"
    },
    "Terraform module with the host's network": {
        "main.tf": 'module "a" {\n  source = "./app"\n  host_network = true\n}\n'
    },
    "Terraform block that may be there": {
        "main.tf": 'resource "kubernetes_pod_v1" "a" {\n  spec {\n    container {\n      name = "a"\n      image = "b"\n'
        '      dynamic "security_context" {\n        for_each = var.x ? [1] : []\n        content {\n          privileged = true\n'
        "        }\n      }\n    }\n  }\n}\n"
    },
    # -- languages in which configuration is written
    "Jsonnet": {
        "k8s/a.jsonnet": "{ spec: { containers: [{ securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }] } }\n"
    },
    "CUE": {"k8s/a.cue": "spec: hostPID: true\n"},
    "Puppet manifest": {
        "manifests/a.pp": "docker::run { 'a':\n  net => 'host',\n  extra_parameters => ['--pid=host'],\n}\n"
    },
    "LXD in a script": {
        "up.sh": "lxc launch ubuntu:24.04 docker -c security.nesting=true -c security.privileged=true\n"
    },
    "Incus, a profile in a script": {
        "up.sh": "cat <<'YAML' | incus profile edit docker\nconfig:\n  security.privileged: \"true\"\nYAML\n"
    },
    "Proxmox in a script": {"up.sh": "pct create 100 a.tar.zst \\\n  --features nesting=1 \\\n  --unprivileged 0\n"},
    "Proxmox in Terraform": {
        "main.tf": 'resource "proxmox_lxc" "a" {\n  unprivileged = false\n  features {\n    nesting = true\n  }\n}\n'
    },
    "KCL": {"main.k": "a = {\n    securityContext = {privileged = True}\n}\n"},
    "LXD profile": {"lxd.yaml": 'config:\n  security.nesting: "true"\n  security.privileged: "true"\n'},
    "engine with its output in a file": {"a.nix": "start = ''\n  dockerd >/var/log/dockerd.log 2>&1 &\n'';\n"},
    "Vagrantfile with a suffix": {
        "Vagrantfile-lab": 'Vagrant.configure("2") do |c|\n c.vm.provider "docker" do |d|\n  d.create_args = ["--pid=host"]\n'
        " end\nend\n"
    },
    "host's variables": {"host_vars/a.yml": "gitlab_runner_docker_privileged: true\n"},
    "inventory with variables": {
        "inventory/hosts.yml": "all:\n  children:\n    web:\n      hosts:\n        a: {runner_privileged: true}\n"
    },
    "inventory of lines": {"inventories/prod/hosts.ini": "[ci]\nh1 ansible_user=x runner_privileged=true\n"},
    # -- Jenkins
    "Jenkinsfile with the socket": {
        "Jenkinsfile": "pipeline {\n  agent { docker { image 'docker:29-cli'; args '-v %s' } }\n}\n" % SOCKET
    },
    "Jenkinsfile with a pod template": {
        "Jenkinsfile": "podTemplate(containers: [\n  containerTemplate(name: 'dind', image: 'docker:29-dind', privileged: true)\n"
        "]) { node(POD_LABEL) { container('dind') { sh 'docker info' } } }\n"
    },
    "Jenkins library": {"vars/build.groovy": "def call() {\n  node { sh 'docker run --privileged x' }\n}\n"},
    "Jenkins configuration as code": {
        "jenkins.yaml": "jenkins:\n  clouds:\n  - docker:\n      templates:\n      - dockerTemplateBase:\n          image: a\n"
        "          privileged: true\n"
    },
    "Jenkins chart's values": {
        "values.yaml": "controller: {}\nagent:\n  privileged: true\n  volumes:\n  - {type: HostPath, hostPath: /var/run/docker.sock,"
        " mountPath: /var/run/docker.sock}\n"
    },
    # -- Helm and other templates
    "chart": {
        "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "c/values.yaml": "sc: {privileged: true}\n",
        "c/templates/d.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n"
        "    image: {{ .Values.image }}\n    securityContext: {{- toYaml .Values.sc | nindent 6 }}\n",
    },
    "chart with a condition": {
        "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "c/values.yaml": "dind: {enabled: false}\n",
        "c/templates/d.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
        "  {{- if .Values.dind.enabled }}\n  - name: a\n    image: docker:29-dind\n    securityContext: {privileged: true}\n"
        "  {{- end }}\n",
    },
    "helpers of a chart": {
        "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "c/templates/_helpers.tpl": '{{- define "dind" -}}\n- name: dind\n  securityContext:\n    privileged: true\n{{- end }}\n',
    },
    "Argo CD application": {
        "a.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source:\n    helm:\n"
        "      values: |\n        runners:\n          config: |\n            [[runners]]\n              executor = 'kubernetes'\n"
        "              [runners.kubernetes]\n                privileged = true\n"
    },
    "Flux release": {
        "r.yaml": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r}\nspec:\n  values:\n"
        "    containerMode: {type: dind}\n    githubConfigUrl: https://git.example/o\n"
    },
    "Helmfile": {
        "helmfile.yaml": "releases:\n- name: r\n  chart: c/gitlab-runner\n  values:\n  - runners: {privileged: true}\n"
    },
    "Jinja template of a Compose file": {
        "docker-compose.yml.j2": "services:\n  a:\n    image: {{ image }}\n{% if x %}\n    privileged: true\n{% endif %}\n"
    },
    "ERB template": {"a.service.erb": "[Service]\nExecStart=/usr/bin/docker run --privileged <%= @image %>\n"},
    "Go template": {"stack.yaml.gotmpl": "services:\n  a: {image: {{ .Image }}, privileged: true}\n"},
    "template by envsubst": {
        "pod.yaml.tpl": "kind: Pod\nspec:\n  hostPID: true\n  containers: [{image: $IMAGE, name: a}]\n"
    },
    # -- runners
    "legacy runner deployment": {
        "r.yaml": "apiVersion: actions.summerwind.dev/v1alpha1\nkind: RunnerDeployment\nmetadata: {name: r}\n"
        "spec: {template: {spec: {repository: example/app}}}\n"
    },
    "runner scale set's values": {
        "values.yaml": "githubConfigUrl: https://git.example/o\ncontainerMode:\n  type: dind\n"
    },
    "GitLab runner registered by a script": {
        "setup.sh": "#!/bin/sh\ngitlab-runner register -n --executor docker --docker-privileged\n"
    },
    "GitLab runner's variables in Compose": {
        "stack.yaml": "services:\n  r:\n    image: gitlab/gitlab-runner:v17\n    environment:\n      RUNNER_EXECUTOR: docker\n"
        "      DOCKER_PRIVILEGED: 'true'\n"
    },
    "Gitea runner": {
        "act_runner/config.yaml": "log: {level: info}\nrunner: {capacity: 1}\ncontainer:\n  privileged: true\n"
        "  docker_host: automount\n"
    },
    # -- Ansible
    "Ansible playbook": {
        "site.yml": "- hosts: all\n  tasks:\n  - community.docker.docker_container:\n      name: dind\n      image: docker:29-dind\n"
        "      privileged: true\n"
    },
    "Ansible role's tasks": {
        "roles/a/tasks/main.yml": "- name: run\n  docker_container: {name: a, image: b, volumes: ['%s']}\n" % SOCKET
    },
    "Ansible service": {
        "site.yml": "- hosts: all\n  tasks:\n  - docker_swarm_service:\n      name: a\n      image: b\n      mounts:\n"
        "      - {source: /var/run/docker.sock, target: /s}\n"
    },
    "Ansible variables of the engine": {
        "group_vars/all.yml": "docker_daemon_options:\n  hosts: ['tcp://0.0.0.0:2375']\n"
    },
    "Ansible template of daemon.json": {
        "roles/a/templates/daemon.json.j2": '{"hosts": ["tcp://0.0.0.0:2375"], "mtu": {{ mtu }}}\n'
    },
    "Molecule": {
        "molecule/default/molecule.yml": "driver: {name: docker}\nplatforms:\n- name: a\n  image: b\n  privileged: true\n"
    },
    # -- infrastructure as code
    "Terraform container": {
        "main.tf": 'resource "docker_container" "a" {\n  image      = "docker:29-dind"\n  privileged = true\n}\n'
    },
    "Terraform container with the socket": {
        "main.tf": 'resource "docker_container" "a" {\n  image = "b"\n  volumes {\n    host_path = "/var/run/docker.sock"\n'
        '    container_path = "/s"\n  }\n}\n'
    },
    "Terraform pod": {
        "main.tf": 'resource "kubernetes_pod" "a" {\n  spec {\n    host_pid = true\n    container {\n      image = "b"\n    }\n  }\n}\n'
    },
    "Terraform module of runners": {"main.tf": 'module "r" {\n  source = "cattle-ops/gitlab-runner/aws"\n}\n'},
    "Terraform's JSON": {
        "main.tf.json": '{"resource": {"docker_container": {"a": {"image": "b", "privileged": true}}}}'
    },
    "ECS task definition": {
        "taskdef.json": '{"family": "a", "containerDefinitions": [{"name": "a", "image": "b", "memory": 5, "privileged": true}]}'
    },
    "ECS task with the socket": {
        "taskdef.json": '{"containerDefinitions": [{"name": "a", "image": "b", "essential": true, "mountPoints": [{"sourceVolume": '
        '"s", "containerPath": "/s"}]}], "volumes": [{"name": "s", "host": {"sourcePath": "/var/run/docker.sock"}}]}'
    },
    "CloudFormation": {
        "stack.yaml": "AWSTemplateFormatVersion: 2010-09-09\nResources:\n  T:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n"
        "      ContainerDefinitions:\n      - Name: a\n        Image: b\n        Privileged: true\n"
    },
    "CloudFormation's CodeBuild": {
        "stack.yaml": "Resources:\n  P:\n    Type: AWS::CodeBuild::Project\n    Properties:\n      Environment:\n"
        "        PrivilegedMode: true\n"
    },
    "Elastic Beanstalk": {
        "Dockerrun.aws.json": '{"AWSEBDockerrunVersion": 2, "containerDefinitions": [{"name": "a", "image": "b", "privileged": true}]}'
    },
    "Nomad job": {
        "a.nomad": 'job "a" {\n  group "g" {\n    task "t" {\n      driver = "docker"\n      config {\n        image = "b"\n'
        '        volumes = ["%s"]\n      }\n    }\n  }\n}\n' % SOCKET
    },
    "Nomad job in JSON": {
        "job.json": '{"Job": {"TaskGroups": [{"Tasks": [{"Driver": "docker", "Config": {"image": "b", "privileged": true}}]}]}}'
    },
    "Packer": {"a.pkr.hcl": 'source "docker" "a" {\n  image = "b"\n  privileged = true\n}\n'},
    # -- hosts
    "systemd unit": {
        "agent.service": "[Unit]\nDescription=a\n[Service]\nExecStart=/usr/bin/docker run --rm --privileged -v %s a:1\n"
        % SOCKET
    },
    "systemd drop-in": {
        "docker.service.d/override.conf": "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd:// -H tcp://0.0.0.0:2375\n"
    },
    "systemd drop-in under a strange name": {
        "files/docker.service.conf": "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H tcp://0.0.0.0:2375\n"
    },
    "systemd socket": {"docker.socket.d/tcp.conf": "[Socket]\nListenStream=\nListenStream=0.0.0.0:2375\n"},
    "daemon.json": {"etc/docker/daemon.json": '{"hosts": ["tcp://0.0.0.0:2375"]}'},
    "engine's options file": {"etc/default/docker": 'DOCKER_OPTS="-H tcp://0.0.0.0:2375"\n'},
    "supervisord": {"supervisord.conf": "[program:docker]\ncommand=dockerd --host=tcp://0.0.0.0:2375 --tls=false\n"},
    "s6 service": {"rootfs/etc/services.d/docker/run": "#!/usr/bin/execlineb -P\ndockerd -H tcp://0.0.0.0:2375\n"},
    "Podman's containers.conf": {"containers.conf": "[containers]\nprivileged = true\n"},
    "containerd's configuration": {"etc/containerd/config.toml": '[grpc]\n  tcp_address = "0.0.0.0:2375"\n'},
    "cloud-init": {"user-data": "#cloud-config\nruncmd:\n- [docker, run, -d, --privileged, 'docker:29-dind']\n"},
    "cloud-init's files": {
        "cloud-init.yaml": "#cloud-config\nwrite_files:\n- path: /etc/docker/daemon.json\n  content: |\n"
        '    {"hosts": ["tcp://0.0.0.0:2375"]}\n'
    },
    "Butane": {
        "a.bu": "variant: fcos\nversion: 1.5.0\nsystemd:\n  units:\n  - name: a.service\n    contents: |\n      [Service]\n"
        "      ExecStart=/usr/bin/podman run --privileged a\n"
    },
    "Ignition": {
        "a.ign": '{"ignition": {"version": "3.4.0"}, "systemd": {"units": [{"name": "a.service", "contents": '
        '"[Service]\\nExecStart=/usr/bin/podman run --privileged a\\n"}]}}'
    },
    "NixOS, its engine": {
        "host.nix": '{ virtualisation.docker.listenOptions = [\n  "/run/docker.sock"\n  "0.0.0.0:2375"\n]; }\n'
    },
    "NixOS, its engine's settings": {
        "host.nix": "{ virtualisation.docker.daemon.settings = {\n  dns = [ x ];\n  insecure-registries = [ y ];\n}; }\n"
    },
    "a firewall in NixOS": {"firewall.nix": "{ networking.firewall.allowedTCPPorts = [\n  22\n  2375\n]; }\n"},
    "an engine's options in a template": {"docker.init": 'DOCKER_OPTS="{{ docker_options }}"\n'},
    "NixOS": {
        "configuration.nix": '{ virtualisation.oci-containers.containers.a = { image = "b"; extraOptions = [ "--privileged" ]; }; }\n'
    },
    "Vagrantfile": {
        "Vagrantfile": 'Vagrant.configure("2") do |c|\n  c.vm.provision "docker" do |d|\n    d.run "a", image: "b", '
        'args: "-v %s"\n  end\nend\n' % SOCKET
    },
    "Kickstart": {"a.ks": "%post\ndocker run -d --privileged a\n%end\n"},
    "Proxmox container": {
        "lxc/101.conf": "arch: amd64\nfeatures: keyctl=1,nesting=1\nlxc.apparmor.profile: unconfined\n"
    },
    "Quadlet": {
        "dind.container": "[Container]\nImage=docker.io/library/docker:29-dind\nPodmanArgs=--privileged\n"
        "[Install]\nWantedBy=multi-user.target\n"
    },
    "Quadlet with the socket": {
        "a.container": "[Container]\nImage=b\nVolume=/run/podman/podman.sock:/var/run/docker.sock\n"
    },
    # -- CI
    "Drone": {
        ".drone.yml": "kind: pipeline\ntype: docker\nname: a\nservices:\n- name: docker\n  image: docker:29-dind\n  privileged: true\n"
    },
    "Drone's host volume": {
        ".drone.yml": "kind: pipeline\ntype: docker\nname: a\nsteps:\n- name: a\n  image: b\n  volumes: [{name: s, path: /s}]\n"
        "volumes: [{name: s, host: {path: /var/run/docker.sock}}]\n"
    },
    "Woodpecker": {
        ".woodpecker.yml": "steps:\n  a:\n    image: b\n    volumes: ['%s']\n    commands: [docker ps]\n" % SOCKET
    },
    "Azure": {
        "azure-pipelines.yml": "pool: {name: own}\ncontainer: {image: a, options: '--privileged -v %s'}\nsteps: [{script: id}]\n"
        % SOCKET
    },
    "Azure's socket": {
        "azure-pipelines.yml": "pool: {name: own}\nresources:\n  containers:\n  - container: a\n    image: b\n    mapDockerSocket: true\n"
    },
    "Buildkite": {
        ".buildkite/pipeline.yml": "steps:\n- command: a\n  plugins:\n  - docker#v5.12.0: {image: x, privileged: true}\n"
    },
    "TeamCity": {
        ".teamcity/settings.kts": 'object B : BuildType({\n steps { script {\n  dockerImage = "a"\n  dockerRunParameters = "--privileged"\n } }\n})\n'
    },
    "Concourse": {
        "concourse/pipeline.yml": "jobs:\n- name: a\n  plan:\n  - task: b\n    privileged: true\n    config: {platform: linux, run: {path: sh}}\n"
    },
    "CircleCI": {
        ".circleci/config.yml": "version: 2.1\njobs:\n  a:\n    machine: true\n    resource_class: acme/own\n    steps:\n"
        "    - run: docker run --privileged -v /:/host x\n"
    },
    "Bitbucket": {
        "bitbucket-pipelines.yml": "pipelines:\n  default:\n  - step:\n      runs-on: [self.hosted]\n      runtime:\n        self-hosted:\n"
        "          volumes: ['%s']\n      script: [docker ps]\n" % SOCKET
    },
    "Cloud Build": {
        "cloudbuild.yaml": "steps:\n- name: gcr.io/cloud-builders/docker\n  args: [run, --privileged, a]\n"
    },
    "CodeBuild": {"buildspec.yml": "version: 0.2\nphases: {build: {commands: ['docker run --privileged a']}}\n"},
    "Travis": {".travis.yml": "language: generic\nservices: [docker]\nscript:\n- docker run --privileged a\n"},
    "AppVeyor": {"appveyor.yml": "build_script:\n- docker run --privileged a\n"},
    "Semaphore": {
        ".semaphore/semaphore.yml": "version: v1.0\nblocks:\n- task: {jobs: [{name: a, commands: ['docker run --privileged b']}]}\n"
    },
    "Cirrus": {".cirrus.yml": "task:\n  a_script: docker run --privileged b\n"},
    # -- Kubernetes' neighbours
    "kind cluster": {
        "kind.yaml": "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n  extraMounts:\n"
        "  - {hostPath: /var/run/docker.sock, containerPath: /var/run/docker.sock}\n"
    },
    "k3d cluster": {
        "k3d.yaml": "apiVersion: k3d.io/v1alpha5\nkind: Simple\nvolumes:\n- volume: %s\n  nodeFilters: [all]\n"
        % SOCKET
    },
    "OpenShift build": {
        "b.yaml": "apiVersion: build.openshift.io/v1\nkind: BuildConfig\nmetadata: {name: b}\nspec:\n  strategy:\n"
        "    customStrategy: {exposeDockerSocket: true}\n"
    },
    "Prow preset": {
        "config/presets.yaml": "presets:\n- labels: {preset-dind-enabled: 'true'}\n  volumes:\n  - name: s\n    hostPath: {path: /var/run/docker.sock}\n"
    },
    "JupyterHub's image builder": {"binderhub.yaml": "imageBuilderType: dind\ndind: {daemonset: {}}\n"},
    "devfile": {
        "devfile.yaml": "schemaVersion: 2.2.0\ncomponents:\n- name: a\n  attributes:\n    container-overrides: {securityContext: {privileged: true}}\n"
        "  container: {image: b}\n"
    },
    # -- task runners and build files
    "package.json": {"package.json": '{"scripts": {"dind": "docker run -d --privileged docker:dind"}}'},
    "justfile": {"justfile": "dind:\n    docker run -d --privileged docker:dind\n"},
    "Taskfile": {
        "Taskfile.yml": "version: '3'\ntasks:\n  dind:\n    cmds: ['docker run -d --privileged docker:dind']\n"
    },
    "mise": {"mise.toml": "[tasks.dind]\nrun = 'docker run -d --privileged docker:dind'\n"},
    "Procfile": {"Procfile": "dind: docker run --privileged docker:dind\n"},
    "variables": {".env": "DOCKER_HOST=tcp://10.0.0.5:2375\n"},
    "bake file": {"docker-bake.json": '{"target": {"a": {"entitlements": ["security.insecure"]}}}'},
    "bake file in HCL": {"docker-bake.hcl": 'target "a" {\n  entitlements = ["security.insecure"]\n}\n'},
    "Earthfile": {"Earthfile": "VERSION 0.8\na:\n    FROM alpine\n    WITH DOCKER\n        RUN docker ps\n    END\n"},
    "Docker action": {
        "action.yml": "name: a\nruns: {using: composite, steps: [{run: 'docker run --privileged x', shell: bash}]}\n"
    },
    "PowerShell": {"run.ps1": "docker run --privileged `\n  -v /var/run/docker.sock:/var/run/docker.sock x\n"},
    "batch file": {"run.cmd": "docker run ^\n  --privileged docker:dind\n"},
    "balena": {
        "stack.yaml": "services:\n  a:\n    image: b\n    labels:\n      io.balena.features.balena-socket: '1'\n"
    },
}
