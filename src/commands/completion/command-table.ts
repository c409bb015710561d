/** Made from the command tree by `npm run completions`: not to be changed by hand. */
import type { CommandTable } from './table.ts';

export const COMMAND_TABLE: CommandTable = {
 "globals": [
  {
   "names": [
    "--context"
   ],
   "help": "a context of the kubeconfig instead of the current one",
   "value": "CONTEXT"
  },
  {
   "names": [
    "-n",
    "--namespace"
   ],
   "help": "a namespace instead of the current one",
   "value": "NAMESPACE"
  },
  {
   "names": [
    "--kubeconfig"
   ],
   "help": "a kubeconfig instead of KUBECONFIG and ~/.kube/config",
   "value": "FILE"
  },
  {
   "names": [
    "-o",
    "--output"
   ],
   "help": "the format of data",
   "value": "FORMAT"
  },
  {
   "names": [
    "--offline"
   ],
   "help": "ask nobody: what is known on this machine has to do"
  },
  {
   "names": [
    "--yes"
   ],
   "help": "answer every question with yes"
  },
  {
   "names": [
    "--color"
   ],
   "help": "auto, always or never",
   "value": "WHEN",
   "choices": [
    "auto",
    "always",
    "never"
   ]
  },
  {
   "names": [
    "--debug"
   ],
   "help": "requests, timings and causes on stderr; never a secret"
  }
 ],
 "commands": [
  {
   "name": "login",
   "summary": "log in, write the context, switch to it",
   "flags": [
    {
     "names": [
      "--flow"
     ],
     "help": "how to log in",
     "value": "FLOW",
     "choices": [
      "browser",
      "device",
      "paste",
      "client-credentials"
     ]
    },
    {
     "names": [
      "--no-browser"
     ],
     "help": "print the address to open, and start no browser"
    },
    {
     "names": [
      "--force-refresh"
     ],
     "help": "renew the tokens whatever their expiry says"
    },
    {
     "names": [
      "--okta-auth-client-id"
     ],
     "help": "the cluster's OAuth client, where the registry does not name it",
     "value": "ID"
    },
    {
     "names": [
      "--certificate-authority"
     ],
     "help": "the CA of a URL's server (PEM); left out: tls.ca_file",
     "value": "FILE"
    }
   ],
   "arguments": [
    {
     "name": "CLUSTER|URL"
    }
   ]
  },
  {
   "name": "use",
   "summary": "switch to a cluster; - is the previous one",
   "flags": [],
   "arguments": [
    {
     "name": "CLUSTER|-"
    }
   ]
  },
  {
   "name": "current",
   "summary": "where you are: cluster, namespace, environment",
   "flags": [
    {
     "names": [
      "-o",
      "--output"
     ],
     "help": "table, json, yaml, name",
     "value": "FORMAT",
     "choices": [
      "table",
      "json",
      "yaml",
      "name"
     ]
    }
   ],
   "arguments": []
  },
  {
   "name": "ns",
   "summary": "switch the namespace; - is the previous one",
   "flags": [],
   "arguments": [
    {
     "name": "NAME|-"
    }
   ]
  },
  {
   "name": "env",
   "summary": "a kubeconfig of its own for this terminal",
   "flags": [
    {
     "names": [
      "--shell"
     ],
     "help": "for which shell",
     "value": "SHELL",
     "choices": [
      "sh",
      "fish",
      "powershell"
     ]
    },
    {
     "names": [
      "--exit"
     ],
     "help": "back to the kubeconfig that was before"
    }
   ],
   "arguments": [
    {
     "name": "CLUSTER"
    }
   ]
  },
  {
   "name": "on",
   "summary": "one command against one cluster",
   "flags": [],
   "arguments": [
    {
     "name": "CLUSTER"
    },
    {
     "name": "COMMAND",
     "isVariadic": true
    }
   ]
  },
  {
   "name": "whoami",
   "summary": "who you are, groups, expiries, production access",
   "flags": [
    {
     "names": [
      "-o",
      "--output"
     ],
     "help": "table, wide, json, yaml, name, tsv",
     "value": "FORMAT",
     "choices": [
      "table",
      "wide",
      "json",
      "yaml",
      "name",
      "tsv"
     ]
    },
    {
     "names": [
      "--cluster"
     ],
     "help": "another cluster than the current context's",
     "value": "CLUSTER"
    }
   ],
   "arguments": []
  },
  {
   "name": "token",
   "summary": "a bearer token, for curl",
   "flags": [
    {
     "names": [
      "--cluster"
     ],
     "help": "a cluster's token instead of the platform's",
     "value": "CLUSTER"
    }
   ],
   "arguments": []
  },
  {
   "name": "logout",
   "summary": "revoke and forget tokens",
   "flags": [
    {
     "names": [
      "--all"
     ],
     "help": "every token on this machine"
    }
   ],
   "arguments": [
    {
     "name": "CLUSTER"
    }
   ]
  },
  {
   "name": "credentials",
   "summary": "a cluster's token, for kubectl",
   "flags": [
    {
     "names": [
      "--okta-auth-client-id"
     ],
     "help": "the OAuth client whose token is wanted",
     "value": "ID"
    }
   ],
   "arguments": [
    {
     "name": "CLUSTER"
    }
   ]
  },
  {
   "name": "list",
   "summary": "the clusters of the registry",
   "aliases": [
    "list-clusters"
   ],
   "flags": [
    {
     "names": [
      "-o",
      "--output"
     ],
     "help": "table, wide, json, yaml, name, tsv",
     "value": "FORMAT",
     "choices": [
      "table",
      "wide",
      "json",
      "yaml",
      "name",
      "tsv"
     ]
    },
    {
     "names": [
      "-l",
      "--selector"
     ],
     "help": "a label selector over the clusters' fields and config items",
     "value": "SELECTOR"
    },
    {
     "names": [
      "--environment"
     ],
     "help": "only this environment",
     "value": "ENVIRONMENT"
    },
    {
     "names": [
      "--channel"
     ],
     "help": "only this channel",
     "value": "CHANNEL"
    },
    {
     "names": [
      "--all"
     ],
     "help": "also clusters that are not ready"
    },
    {
     "names": [
      "--watch"
     ],
     "help": "go on, and show the list anew when something has changed; Ctrl-C ends it"
    }
   ],
   "arguments": [
    {
     "name": "TEXT"
    }
   ]
  },
  {
   "name": "show",
   "summary": "one cluster whole: status, problems, node pools, config items",
   "flags": [
    {
     "names": [
      "-o",
      "--output"
     ],
     "help": "table, wide, json, yaml, name, tsv",
     "value": "FORMAT",
     "choices": [
      "table",
      "wide",
      "json",
      "yaml",
      "name",
      "tsv"
     ]
    },
    {
     "names": [
      "--reveal"
     ],
     "help": "show the values of config items"
    }
   ],
   "arguments": [
    {
     "name": "CLUSTER"
    }
   ]
  },
  {
   "name": "cluster-update",
   "summary": "see, block and allow updates of a cluster",
   "flags": [],
   "arguments": [],
   "subcommands": [
    {
     "name": "status",
     "summary": "where the update of a cluster stands",
     "flags": [
      {
       "names": [
        "-o",
        "--output"
       ],
       "help": "table, wide, json, yaml, name, tsv",
       "value": "FORMAT",
       "choices": [
        "table",
        "wide",
        "json",
        "yaml",
        "name",
        "tsv"
       ]
      },
      {
       "names": [
        "--cluster"
       ],
       "help": "another cluster than the current context's",
       "value": "CLUSTER"
      },
      {
       "names": [
        "--watch"
       ],
       "help": "go on until the update is done or blocked, and tell every change"
      }
     ],
     "arguments": []
    },
    {
     "name": "block",
     "summary": "hold back updates",
     "flags": [
      {
       "names": [
        "--reason"
       ],
       "help": "why; asked for on a terminal",
       "value": "TEXT"
      },
      {
       "names": [
        "--cluster"
       ],
       "help": "another cluster than the current context's",
       "value": "CLUSTER"
      }
     ],
     "arguments": []
    },
    {
     "name": "unblock",
     "summary": "let updates come",
     "flags": [
      {
       "names": [
        "--cluster"
       ],
       "help": "another cluster than the current context's",
       "value": "CLUSTER"
      }
     ],
     "arguments": []
    }
   ]
  },
  {
   "name": "emergency",
   "summary": "production access in an incident",
   "flags": [
    {
     "names": [
      "-o",
      "--output"
     ],
     "help": "table, wide, json, yaml, name, tsv",
     "value": "FORMAT",
     "choices": [
      "table",
      "wide",
      "json",
      "yaml",
      "name",
      "tsv"
     ]
    },
    {
     "names": [
      "-i",
      "--incident"
     ],
     "help": "the incident: INC-1234, its number, or an https URL",
     "value": "INCIDENT"
    },
    {
     "names": [
      "--wait-for-approval"
     ],
     "help": "wait until it is approved (the default)"
    },
    {
     "names": [
      "--no-wait-for-approval"
     ],
     "help": "do not wait: exit 8 while it is open"
    },
    {
     "names": [
      "-t",
      "--timeout"
     ],
     "help": "how long to wait, in seconds or as 10m (600)",
     "value": "SPAN"
    },
    {
     "names": [
      "--notify"
     ],
     "help": "a bell, and a notification on the desktop, once it is decided"
    },
    {
     "names": [
      "--force-new-request"
     ],
     "help": "make another request although one is open"
    },
    {
     "names": [
      "--account-name"
     ],
     "help": "the account, where the registry cannot tell it",
     "value": "ACCOUNT"
    },
    {
     "names": [
      "--okta-auth-client-id"
     ],
     "help": "the cluster's OAuth client, where the registry cannot tell it",
     "value": "ID"
    },
    {
     "names": [
      "--cluster"
     ],
     "help": "another cluster than the current context's",
     "value": "CLUSTER"
    }
   ],
   "arguments": [
    {
     "name": "REASON",
     "isVariadic": true
    }
   ]
  },
  {
   "name": "cluster-access",
   "summary": "ask for, see and approve production access",
   "flags": [],
   "arguments": [],
   "subcommands": [
    {
     "name": "request",
     "summary": "ask for write access to a production cluster",
     "flags": [
      {
       "names": [
        "-o",
        "--output"
       ],
       "help": "table, wide, json, yaml, name, tsv",
       "value": "FORMAT",
       "choices": [
        "table",
        "wide",
        "json",
        "yaml",
        "name",
        "tsv"
       ]
      },
      {
       "names": [
        "--emergency"
       ],
       "help": "an emergency: needs -i"
      },
      {
       "names": [
        "-i",
        "--incident"
       ],
       "help": "the incident: INC-1234, its number, or an https URL",
       "value": "INCIDENT"
      },
      {
       "names": [
        "--wait-for-approval"
       ],
       "help": "wait until it is approved (the default)"
      },
      {
       "names": [
        "--no-wait-for-approval"
       ],
       "help": "do not wait: exit 8 while it is open"
      },
      {
       "names": [
        "-t",
        "--timeout"
       ],
       "help": "how long to wait, in seconds or as 10m (600)",
       "value": "SPAN"
      },
      {
       "names": [
        "--notify"
       ],
       "help": "a bell, and a notification on the desktop, once it is decided"
      },
      {
       "names": [
        "--force-new-request"
       ],
       "help": "make another request although one is open"
      },
      {
       "names": [
        "--account-name"
       ],
       "help": "the account, where the registry cannot tell it",
       "value": "ACCOUNT"
      },
      {
       "names": [
        "--okta-auth-client-id"
       ],
       "help": "the cluster's OAuth client, where the registry cannot tell it",
       "value": "ID"
      },
      {
       "names": [
        "--cluster"
       ],
       "help": "another cluster than the current context's",
       "value": "CLUSTER"
      }
     ],
     "arguments": [
      {
       "name": "REASON",
       "isVariadic": true
      }
     ]
    },
    {
     "name": "list",
     "summary": "requests for production access",
     "flags": [
      {
       "names": [
        "-o",
        "--output"
       ],
       "help": "table, wide, json, yaml, name, tsv",
       "value": "FORMAT",
       "choices": [
        "table",
        "wide",
        "json",
        "yaml",
        "name",
        "tsv"
       ]
      },
      {
       "names": [
        "--request-key"
       ],
       "help": "only this request",
       "value": "KEY"
      },
      {
       "names": [
        "--account-name"
       ],
       "help": "the account, where the registry cannot tell it",
       "value": "ACCOUNT"
      },
      {
       "names": [
        "--okta-auth-client-id"
       ],
       "help": "the cluster's OAuth client, where the registry cannot tell it",
       "value": "ID"
      },
      {
       "names": [
        "--cluster"
       ],
       "help": "another cluster than the current context's",
       "value": "CLUSTER"
      }
     ],
     "arguments": []
    },
    {
     "name": "approve",
     "summary": "decide on a colleague's request",
     "flags": [
      {
       "names": [
        "--reject"
       ],
       "help": "reject it"
      },
      {
       "names": [
        "--comment"
       ],
       "help": "a word to the requestor",
       "value": "TEXT"
      },
      {
       "names": [
        "--account-name"
       ],
       "help": "the account, where the registry cannot tell it",
       "value": "ACCOUNT"
      },
      {
       "names": [
        "--okta-auth-client-id"
       ],
       "help": "the cluster's OAuth client, where the registry cannot tell it",
       "value": "ID"
      },
      {
       "names": [
        "--cluster"
       ],
       "help": "another cluster than the current context's",
       "value": "CLUSTER"
      }
     ],
     "arguments": [
      {
       "name": "KEY"
      }
     ]
    }
   ]
  },
  {
   "name": "logtail",
   "summary": "follow the logs of many pods",
   "flags": [
    {
     "names": [
      "-o",
      "--output"
     ],
     "help": "json",
     "value": "FORMAT",
     "choices": [
      "json"
     ]
    },
    {
     "names": [
      "--cluster"
     ],
     "help": "another cluster than the current context's",
     "value": "CLUSTER"
    },
    {
     "names": [
      "-c",
      "--container"
     ],
     "help": "only containers whose name matches",
     "value": "REGEX"
    },
    {
     "names": [
      "-l",
      "--selector"
     ],
     "help": "only pods with these labels",
     "value": "SELECTOR"
    },
    {
     "names": [
      "-A",
      "--all-namespaces"
     ],
     "help": "in all namespaces"
    },
    {
     "names": [
      "--include"
     ],
     "help": "only lines that match; may be given again",
     "value": "REGEX"
    },
    {
     "names": [
      "--exclude"
     ],
     "help": "no lines that match; may be given again",
     "value": "REGEX"
    },
    {
     "names": [
      "--since"
     ],
     "help": "how far back, such as 30s, 10m, 48h",
     "value": "DURATION"
    },
    {
     "names": [
      "--tail"
     ],
     "help": "at most so many lines of what is there already",
     "value": "LINES"
    },
    {
     "names": [
      "-t",
      "--timestamps"
     ],
     "help": "the time before every line"
    },
    {
     "names": [
      "--no-follow"
     ],
     "help": "end with what is there"
    }
   ],
   "arguments": [
    {
     "name": "REGEX"
    }
   ]
  },
  {
   "name": "tunnel",
   "summary": "ports to a host that only the cluster can reach",
   "flags": [
    {
     "names": [
      "--cluster"
     ],
     "help": "another cluster than the current context's",
     "value": "CLUSTER"
    },
    {
     "names": [
      "--address"
     ],
     "help": "where to listen on this machine",
     "value": "IP"
    },
    {
     "names": [
      "--image"
     ],
     "help": "an image with socat in it",
     "value": "IMAGE"
    },
    {
     "names": [
      "--timeout"
     ],
     "help": "how long to wait for the pod, as 90s or 5m",
     "value": "SPAN"
    }
   ],
   "arguments": [
    {
     "name": "TARGET"
    },
    {
     "name": "[LOCAL:]REMOTE",
     "isVariadic": true
    }
   ]
  },
  {
   "name": "edit",
   "summary": "kubectl's edit, and the changes shown before they are applied",
   "flags": [
    {
     "names": [
      "--no-diff"
     ],
     "help": "neither show the changes nor ask"
    }
   ],
   "arguments": [],
   "isKubectl": true
  },
  {
   "name": "diffedit",
   "summary": "edit a file, and see the changes before they are written",
   "flags": [
    {
     "names": [
      "--cluster"
     ],
     "help": "another cluster than the current context's",
     "value": "CLUSTER"
    }
   ],
   "arguments": [
    {
     "name": "FILE"
    }
   ]
  },
  {
   "name": "delete",
   "summary": "kubectl's delete, with a look at what will go",
   "flags": [],
   "arguments": [],
   "isKubectl": true
  },
  {
   "name": "dashboard",
   "summary": "open a cluster's web view",
   "flags": [
    {
     "names": [
      "--cluster"
     ],
     "help": "another cluster than the current context's",
     "value": "CLUSTER"
    },
    {
     "names": [
      "--print"
     ],
     "help": "only print the address"
    }
   ],
   "arguments": []
  },
  {
   "name": "traffic",
   "summary": "show or switch the traffic of a StackSet",
   "flags": [
    {
     "names": [
      "-o",
      "--output"
     ],
     "help": "table, wide, json, yaml, name, tsv",
     "value": "FORMAT",
     "choices": [
      "table",
      "wide",
      "json",
      "yaml",
      "name",
      "tsv"
     ]
    },
    {
     "names": [
      "--cluster"
     ],
     "help": "another cluster than the current context's",
     "value": "CLUSTER"
    },
    {
     "names": [
      "--timeout"
     ],
     "help": "how long to wait, as 90s or 10m",
     "value": "SPAN"
    },
    {
     "names": [
      "--force"
     ],
     "help": "write the weights of an Ingress past its controller"
    },
    {
     "names": [
      "--no-wait"
     ],
     "help": "do not wait until the traffic has moved"
    }
   ],
   "arguments": [
    {
     "name": "STACKSET"
    },
    {
     "name": "STACK"
    },
    {
     "name": "WEIGHT"
    }
   ]
  },
  {
   "name": "restart-pods",
   "summary": "restart the pods of a deployment, one after another",
   "flags": [
    {
     "names": [
      "--cluster"
     ],
     "help": "another cluster than the current context's",
     "value": "CLUSTER"
    },
    {
     "names": [
      "--no-wait"
     ],
     "help": "do not wait until the new pods run"
    },
    {
     "names": [
      "--timeout"
     ],
     "help": "how long to wait, as 90s or 10m",
     "value": "SPAN"
    }
   ],
   "arguments": [
    {
     "name": "NAME"
    }
   ]
  },
  {
   "name": "generate",
   "summary": "manifests for a deployment, an ingress or a stackset",
   "flags": [
    {
     "names": [
      "-o",
      "--output"
     ],
     "help": "yaml, json",
     "value": "FORMAT",
     "choices": [
      "yaml",
      "json"
     ]
    },
    {
     "names": [
      "--application"
     ],
     "help": "the application",
     "value": "NAME"
    },
    {
     "names": [
      "--component"
     ],
     "help": "the part of it; left out: the application's name",
     "value": "NAME"
    },
    {
     "names": [
      "--image"
     ],
     "help": "with a tag, which becomes the version",
     "value": "IMAGE"
    },
    {
     "names": [
      "--host"
     ],
     "help": "the host name that leads to it",
     "value": "HOST"
    },
    {
     "names": [
      "--backend-port"
     ],
     "help": "the port that the container listens on",
     "value": "PORT"
    },
    {
     "names": [
      "--health-path"
     ],
     "help": "what the probes ask for",
     "value": "PATH"
    },
    {
     "names": [
      "--cpu"
     ],
     "help": "CPU for each pod",
     "value": "QUANTITY"
    },
    {
     "names": [
      "--memory"
     ],
     "help": "memory for each pod",
     "value": "QUANTITY"
    },
    {
     "names": [
      "--replicas"
     ],
     "help": "how many pods",
     "value": "NUMBER"
    },
    {
     "names": [
      "--autoscaling"
     ],
     "help": "as many pods as the load wants, 2-10 if it does not say",
     "value": "MIN-MAX",
     "isOptional": true
    },
    {
     "names": [
      "--config"
     ],
     "help": "a setting, kept in a ConfigMap; may be given again",
     "value": "KEY=VALUE"
    },
    {
     "names": [
      "--secret"
     ],
     "help": "a Secret that is there already, for the environment; may be given again",
     "value": "NAME"
    }
   ],
   "arguments": [
    {
     "name": "KIND",
     "choices": [
      "deployment",
      "ingress",
      "stackset"
     ]
    }
   ]
  },
  {
   "name": "init",
   "summary": "a folder of manifests to begin with",
   "flags": [
    {
     "names": [
      "-t",
      "--template"
     ],
     "help": "webapp or traffic",
     "value": "TEMPLATE",
     "choices": [
      "webapp",
      "traffic"
     ]
    },
    {
     "names": [
      "--cluster"
     ],
     "help": "where it is to run",
     "value": "CLUSTER"
    },
    {
     "names": [
      "--application"
     ],
     "help": "the application",
     "value": "NAME"
    },
    {
     "names": [
      "--component"
     ],
     "help": "the part of it; left out: the application's name",
     "value": "NAME"
    },
    {
     "names": [
      "--image"
     ],
     "help": "with a tag, which becomes the version",
     "value": "IMAGE"
    },
    {
     "names": [
      "--host"
     ],
     "help": "the host name that leads to it",
     "value": "HOST"
    },
    {
     "names": [
      "--backend-port"
     ],
     "help": "the port that the container listens on",
     "value": "PORT"
    },
    {
     "names": [
      "--health-path"
     ],
     "help": "what the probes ask for",
     "value": "PATH"
    },
    {
     "names": [
      "--cpu"
     ],
     "help": "CPU for each pod",
     "value": "QUANTITY"
    },
    {
     "names": [
      "--memory"
     ],
     "help": "memory for each pod",
     "value": "QUANTITY"
    },
    {
     "names": [
      "--replicas"
     ],
     "help": "how many pods",
     "value": "NUMBER"
    },
    {
     "names": [
      "--autoscaling"
     ],
     "help": "as many pods as the load wants, 2-10 if it does not say",
     "value": "MIN-MAX",
     "isOptional": true
    },
    {
     "names": [
      "--config"
     ],
     "help": "a setting, kept in a ConfigMap; may be given again",
     "value": "KEY=VALUE"
    },
    {
     "names": [
      "--secret"
     ],
     "help": "a Secret that is there already, for the environment; may be given again",
     "value": "NAME"
    }
   ],
   "arguments": [
    {
     "name": "DIR"
    }
   ]
  },
  {
   "name": "encrypt",
   "summary": "encrypt a secret for a deployment file",
   "flags": [
    {
     "names": [
      "--cluster"
     ],
     "help": "another cluster than the current context's",
     "value": "CLUSTER"
    },
    {
     "names": [
      "--kms-keyid"
     ],
     "help": "another key: id, ARN or alias/NAME",
     "value": "KMS-KEY"
    },
    {
     "names": [
      "--no-strip"
     ],
     "help": "keep the newline at the end"
    }
   ],
   "arguments": []
  },
  {
   "name": "decrypt",
   "summary": "decrypt a secret of a deployment file",
   "flags": [
    {
     "names": [
      "--cluster"
     ],
     "help": "another cluster than the current context's",
     "value": "CLUSTER"
    },
    {
     "names": [
      "--no-strip"
     ],
     "help": "end without a newline on a terminal too"
    }
   ],
   "arguments": [
    {
     "name": "SECRET"
    }
   ]
  },
  {
   "name": "plugin",
   "summary": "the plugins there are",
   "flags": [],
   "arguments": [],
   "subcommands": [
    {
     "name": "list",
     "summary": "all of them, and what hides what",
     "flags": [
      {
       "names": [
        "-o",
        "--output"
       ],
       "help": "table, wide, json, yaml, name, tsv",
       "value": "FORMAT",
       "choices": [
        "table",
        "wide",
        "json",
        "yaml",
        "name",
        "tsv"
       ]
      }
     ],
     "arguments": []
    }
   ]
  },
  {
   "name": "completion",
   "summary": "a script that completes commands in your shell",
   "flags": [],
   "arguments": [
    {
     "name": "SHELL",
     "choices": [
      "bash",
      "zsh",
      "fish",
      "powershell"
     ]
    }
   ]
  },
  {
   "name": "doctor",
   "summary": "what works, what does not, and what to do",
   "flags": [
    {
     "names": [
      "-o",
      "--output"
     ],
     "help": "table, json, yaml, name, tsv",
     "value": "FORMAT",
     "choices": [
      "table",
      "json",
      "yaml",
      "name",
      "tsv"
     ]
    },
    {
     "names": [
      "--cluster"
     ],
     "help": "another cluster than the current context's",
     "value": "CLUSTER"
    }
   ],
   "arguments": []
  },
  {
   "name": "configure",
   "summary": "write the configuration, or show what is in force",
   "flags": [
    {
     "names": [
      "-o",
      "--output"
     ],
     "help": "table, json, yaml, tsv, name",
     "value": "FORMAT",
     "choices": [
      "table",
      "json",
      "yaml",
      "tsv",
      "name"
     ]
    },
    {
     "names": [
      "--unset"
     ],
     "help": "a key to take out; may be repeated",
     "value": "KEY"
    },
    {
     "names": [
      "--cluster-registry"
     ],
     "help": "registry.url",
     "value": "URL"
    },
    {
     "names": [
      "--okta-auth"
     ],
     "help": "auth.issuer",
     "value": "URL"
    },
    {
     "names": [
      "--privileged-access-api"
     ],
     "help": "access.url",
     "value": "URL"
    }
   ],
   "arguments": [
    {
     "name": "KEY=VALUE",
     "isVariadic": true
    }
   ]
  },
  {
   "name": "sandbox",
   "summary": "a company to rehearse in, on this machine",
   "flags": [],
   "arguments": [],
   "subcommands": [
    {
     "name": "up",
     "summary": "start it",
     "flags": [
      {
       "names": [
        "--detach"
       ],
       "help": "in the background; zkubectl sandbox down ends it"
      },
      {
       "names": [
        "--clusters"
       ],
       "help": "how many clusters (4 at first)",
       "value": "N"
      },
      {
       "names": [
        "--grant-ttl"
       ],
       "help": "how long a granted request lasts (900)",
       "value": "SECONDS"
      },
      {
       "names": [
        "--token-ttl"
       ],
       "help": "how long tokens last (900)",
       "value": "SECONDS"
      },
      {
       "names": [
        "--dir"
       ],
       "help": "the folder for all its state",
       "value": "DIR"
      }
     ],
     "arguments": []
    },
    {
     "name": "env",
     "summary": "the exports that point a shell at it",
     "flags": [
      {
       "names": [
        "--shell"
       ],
       "help": "for which shell",
       "value": "SHELL",
       "choices": [
        "sh",
        "fish",
        "powershell"
       ]
      },
      {
       "names": [
        "--user"
       ],
       "help": "alice or bob: signed in by themselves",
       "value": "NAME"
      },
      {
       "names": [
        "--ci"
       ],
       "help": "a machine: client credentials instead of a person"
      },
      {
       "names": [
        "--dir"
       ],
       "help": "the folder of the sandbox",
       "value": "DIR"
      }
     ],
     "arguments": []
    },
    {
     "name": "status",
     "summary": "where it runs",
     "flags": [
      {
       "names": [
        "-o",
        "--output"
       ],
       "help": "table, wide, json, yaml, name, tsv",
       "value": "FORMAT",
       "choices": [
        "table",
        "wide",
        "json",
        "yaml",
        "name",
        "tsv"
       ]
      },
      {
       "names": [
        "--dir"
       ],
       "help": "the folder of the sandbox",
       "value": "DIR"
      }
     ],
     "arguments": []
    },
    {
     "name": "down",
     "summary": "end it",
     "flags": [
      {
       "names": [
        "--delete"
       ],
       "help": "delete its folder too"
      },
      {
       "names": [
        "--dir"
       ],
       "help": "the folder of the sandbox",
       "value": "DIR"
      }
     ],
     "arguments": []
    },
    {
     "name": "sign-in",
     "summary": "sign in on its page without a browser",
     "flags": [
      {
       "names": [
        "--user"
       ],
       "help": "alice or bob; deny cancels",
       "value": "NAME"
      }
     ],
     "arguments": [
      {
       "name": "URL"
      }
     ]
    }
   ]
  }
 ]
};
