import { getIn, type YamlMap } from '../core/value.ts';
import { scalarText } from './fields.ts';

export type Scope = 'Cluster' | 'Namespaced';

/** Kinds without a namespace that every API server has, by `group/kind`. */
const BUILT_IN_CLUSTER = new Set([
  '/ComponentStatus',
  '/Namespace',
  '/Node',
  '/PersistentVolume',
  'admissionregistration.k8s.io/MutatingAdmissionPolicy',
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'apiextensions.k8s.io/CustomResourceDefinition',
  'apiregistration.k8s.io/APIService',
  'authentication.k8s.io/SelfSubjectReview',
  'authentication.k8s.io/TokenReview',
  'authorization.k8s.io/SelfSubjectAccessReview',
  'authorization.k8s.io/SelfSubjectRulesReview',
  'authorization.k8s.io/SubjectAccessReview',
  'certificates.k8s.io/CertificateSigningRequest',
  'certificates.k8s.io/ClusterTrustBundle',
  'flowcontrol.apiserver.k8s.io/FlowSchema',
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration',
  'internal.apiserver.k8s.io/StorageVersion',
  'networking.k8s.io/IPAddress',
  'networking.k8s.io/IngressClass',
  'networking.k8s.io/ServiceCIDR',
  'node.k8s.io/RuntimeClass',
  'policy/PodSecurityPolicy',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  'resource.k8s.io/DeviceClass',
  'resource.k8s.io/DeviceTaintRule',
  'resource.k8s.io/ResourceSlice',
  'scheduling.k8s.io/PriorityClass',
  'storage.k8s.io/CSIDriver',
  'storage.k8s.io/CSINode',
  'storage.k8s.io/StorageClass',
  'storage.k8s.io/VolumeAttachment',
  'storage.k8s.io/VolumeAttributesClass',
  'storagemigration.k8s.io/StorageVersionMigration',
]);

/** Kinds without a namespace of widely used custom resources, whose definitions are often not in the repository. */
const WELL_KNOWN_CLUSTER = new Set([
  'apiextensions.crossplane.io/CompositeResourceDefinition',
  'apiextensions.crossplane.io/Composition',
  'apiextensions.crossplane.io/EnvironmentConfig',
  'catalog.cattle.io/ClusterRepo',
  'catalog.cattle.io/ClusterRepository',
  'cert-manager.io/ClusterIssuer',
  'cilium.io/CiliumBGPAdvertisement',
  'cilium.io/CiliumBGPClusterConfig',
  'cilium.io/CiliumBGPNodeConfig',
  'cilium.io/CiliumBGPNodeConfigOverride',
  'cilium.io/CiliumBGPPeerConfig',
  'cilium.io/CiliumBGPPeeringPolicy',
  'cilium.io/CiliumCIDRGroup',
  'cilium.io/CiliumClusterwideEnvoyConfig',
  'cilium.io/CiliumClusterwideNetworkPolicy',
  'cilium.io/CiliumEgressGatewayPolicy',
  'cilium.io/CiliumExternalWorkload',
  'cilium.io/CiliumIdentity',
  'cilium.io/CiliumL2AnnouncementPolicy',
  'cilium.io/CiliumLoadBalancerIPPool',
  'cilium.io/CiliumNode',
  'cilium.io/CiliumPodIPPool',
  'crd.projectcalico.org/BGPConfiguration',
  'crd.projectcalico.org/BGPPeer',
  'crd.projectcalico.org/FelixConfiguration',
  'crd.projectcalico.org/GlobalNetworkPolicy',
  'crd.projectcalico.org/GlobalNetworkSet',
  'crd.projectcalico.org/IPPool',
  'external-secrets.io/ClusterExternalSecret',
  'external-secrets.io/ClusterPushSecret',
  'external-secrets.io/ClusterSecretStore',
  'gateway.networking.k8s.io/GatewayClass',
  'generators.external-secrets.io/ClusterGenerator',
  'groupsnapshot.storage.k8s.io/VolumeGroupSnapshotClass',
  'groupsnapshot.storage.k8s.io/VolumeGroupSnapshotContent',
  'karpenter.k8s.aws/EC2NodeClass',
  'karpenter.sh/NodeClaim',
  'karpenter.sh/NodePool',
  'keda.sh/ClusterTriggerAuthentication',
  'kubevirt.io/VirtualMachineClusterInstancetype',
  'kyverno.io/ClusterCleanupPolicy',
  'kyverno.io/ClusterPolicy',
  'kyverno.io/GlobalContextEntry',
  'nfd.k8s-sigs.io/NodeFeatureRule',
  'nvidia.com/ClusterPolicy',
  'nvidia.com/NVIDIADriver',
  'operator.tigera.io/APIServer',
  'operator.tigera.io/Goldmane',
  'operator.tigera.io/Installation',
  'operator.tigera.io/Whisker',
  'pkg.crossplane.io/Configuration',
  'pkg.crossplane.io/DeploymentRuntimeConfig',
  'pkg.crossplane.io/Function',
  'pkg.crossplane.io/Provider',
  'policies.kyverno.io/DeletingPolicy',
  'policies.kyverno.io/GeneratingPolicy',
  'policies.kyverno.io/ImageValidatingPolicy',
  'policies.kyverno.io/MutatingPolicy',
  'policies.kyverno.io/ValidatingPolicy',
  'policy.networking.k8s.io/AdminNetworkPolicy',
  'policy.networking.k8s.io/BaselineAdminNetworkPolicy',
  'postgresql.cnpg.io/ClusterImageCatalog',
  'projectcalico.org/BGPConfiguration',
  'projectcalico.org/BGPPeer',
  'projectcalico.org/FelixConfiguration',
  'projectcalico.org/GlobalNetworkPolicy',
  'projectcalico.org/GlobalNetworkSet',
  'projectcalico.org/IPPool',
  'snapshot.storage.k8s.io/VolumeSnapshotClass',
  'snapshot.storage.k8s.io/VolumeSnapshotContent',
  'tailscale.com/Connector',
  'tailscale.com/DNSConfig',
  'tailscale.com/ProxyClass',
  'tailscale.com/ProxyGroup',
  'tailscale.com/Recorder',
  'templates.gatekeeper.sh/ConstraintTemplate',
  'trust.cert-manager.io/Bundle',
]);

/** The scopes that CustomResourceDefinitions of a run state, by `group/kind`. */
export type CrdScopes = ReadonlyMap<string, Scope>;

/** The kind that a CustomResourceDefinition defines and its scope, or `undefined` for any other object. */
export function crdScope(object: YamlMap): readonly [string, Scope] | undefined {
  if (object.get('kind') !== 'CustomResourceDefinition') return undefined;
  const kind = scalarText(getIn(object, 'spec', 'names', 'kind'));
  const scope = getIn(object, 'spec', 'scope');
  if (kind === '' || (scope !== 'Cluster' && scope !== 'Namespaced')) return undefined;
  return [`${scalarText(getIn(object, 'spec', 'group'))}/${kind}`, scope];
}

/**
 * Whether objects of a kind live in namespaces. Kinds that nothing tells about are taken as namespaced.
 * @param crds what the run's own definitions say; it goes before what is built in here
 */
export function scopeOf(object: YamlMap, crds: CrdScopes = new Map()): Scope {
  const apiVersion = scalarText(object.get('apiVersion'));
  const slash = apiVersion.indexOf('/');
  const key = `${slash < 0 ? '' : apiVersion.slice(0, slash)}/${scalarText(object.get('kind'))}`;
  if (BUILT_IN_CLUSTER.has(key)) return 'Cluster';
  return crds.get(key) ?? (WELL_KNOWN_CLUSTER.has(key) ? 'Cluster' : 'Namespaced');
}
